"""Small modules with what TF1 modules have: each is a module_fn of `training`."""

import contextlib

from hub_estimator import testing
from hub_estimator.tensorflow_runtime import hub, tf

BOTH = [(set(), {"training": False}), ({"train"}, {"training": True})]


def export(path, module_fn, *, variants=BOTH) -> str:
  """Exports a module with variants for inference and training."""
  return testing.export_module(str(path), module_fn, tags_and_args=variants)


def references(training):
  """Reference variables: read whole, by rows, and assigned."""
  ids = tf.placeholder(tf.int32, [None], "ids")
  table = _reference("table", [5, 4])
  scale = _reference("scale", [4], tf.ones_initializer())
  mean = _reference("mean", [4], tf.zeros_initializer(), trainable=False)
  count = _reference("count", [], tf.zeros_initializer(), trainable=False)
  seen = _reference("seen", [5], tf.zeros_initializer(), trainable=False)
  rows = tf.gather(table, ids) + 0.1 * tf.nn.embedding_lookup(table, ids)
  tf.add_to_collection(
    tf.GraphKeys.REGULARIZATION_LOSSES, 0.01 * tf.nn.l2_loss(table)
  )
  used = mean
  if training:
    used = tf.reduce_mean(rows, axis=0)
    update = tf.assign_sub(mean, 0.1 * (mean - used))
    with tf.control_dependencies([update]):
      counted = tf.assign_add(tf.assign(count, count + 1.0), 1.0)
    marked = tf.scatter_add(seen, ids, tf.ones_like(ids, tf.float32))
    for op in (counted, marked.op):
      tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, op)
  hub.add_signature(inputs={"ids": ids}, outputs=tf.tanh((rows - used) * scale))


def partitioned(training):
  """A variable in three parts."""
  x = tf.placeholder(tf.float32, [None, 6], "x")
  kernel = tf.get_variable(
    "kernel", [6, 3], partitioner=tf.fixed_size_partitioner(3)
  )
  scale = 2.0 if training else 1.0
  hub.add_signature(
    inputs={"x": x}, outputs=scale * tf.matmul(x, tf.convert_to_tensor(kernel))
  )


def loops(training):
  """A loop and a branch."""
  del training
  x = tf.placeholder(tf.float32, [None, 3], "x")
  kernel = tf.get_variable("kernel", [3, 3])
  _, y = tf.while_loop(
    lambda i, y: i < 3,
    lambda i, y: (i + 1, tf.tanh(tf.matmul(y, kernel))),
    (0, x),
    shape_invariants=(tf.TensorShape([]), tf.TensorShape([None, 3])),
  )
  z = tf.cond(tf.reduce_sum(x) > 0, lambda: y * 2.0, lambda: y - kernel[0])
  hub.add_signature(inputs={"x": x}, outputs=tf.ensure_shape(z, [None, 3]))


def dropout(training):
  """Dropout, and an assertion that guards the output."""
  x = tf.placeholder(tf.float32, [None, 4], "x")
  kernel = tf.get_variable("kernel", [4, 8])
  y = tf.nn.relu(tf.matmul(x, kernel))
  if training:
    y = tf.nn.dropout(y, rate=0.5, seed=3)
  with tf.control_dependencies([tf.assert_less(x, 100.0)]):
    hub.add_signature(inputs={"x": x}, outputs=tf.identity(y))


def hyperparameters(training):
  """Inputs with defaults, and several outputs."""
  x = tf.placeholder(tf.float32, [None, 4], "x")
  rate = tf.placeholder_with_default(0.25, [], "rate")
  weights = tf.placeholder_with_default([1.0, 2.0, 3.0, 4.0], [4], "weights")
  bias = tf.get_variable("bias", [4], initializer=tf.ones_initializer())
  y = x * weights + bias * (rate if training else 1.0)
  hub.add_signature(
    inputs={"x": x, "rate": rate, "weights": weights},
    outputs={"default": y, "doubled": 2.0 * y, "size": tf.shape(y)},
  )


def guarded(training):
  """An assertion and a loop over integers, as TensorFlow 1 built them."""
  with control_flow_of_tensorflow_1():
    x = tf.placeholder(tf.float32, [None, 4], "x")
    kernel = tf.get_variable("kernel", [4, 8])
    _, power = tf.while_loop(
      lambda i, n: i < tf.shape(x)[0], lambda i, n: (i + 1, n * 2), (0, 1)
    )
    with tf.control_dependencies(
      [tf.assert_less(tf.reduce_max(x), 100.0), tf.assert_rank(x, 2)]
    ):
      y = tf.matmul(x, kernel) / tf.cast(power, tf.float32)
    y = tf.nn.dropout(y, rate=0.5, seed=3) if training else y
    hub.add_signature(inputs={"x": x}, outputs=y)


def sparse(training):
  del training
  x = tf.sparse_placeholder(tf.float32, [None, 9], name="x")
  kernel = tf.get_variable("kernel", [9, 2])
  hub.add_signature(
    inputs={"x": x}, outputs=tf.sparse.sparse_dense_matmul(x, kernel)
  )


def queue(training):
  del training
  x = tf.placeholder(tf.float32, [None], "x")
  waiting = tf.FIFOQueue(3, [tf.float32], [[]])
  scale = tf.get_variable("scale", [])
  hub.add_signature(
    inputs={"x": x}, outputs=x * scale + tf.cast(waiting.size(), tf.float32)
  )


def python(training):
  del training
  x = tf.placeholder(tf.float32, [None], "x")
  scale = tf.get_variable("scale", [])
  y = tf.py_func(lambda v: v + 1, [x], tf.float32, stateful=False)
  hub.add_signature(inputs={"x": x}, outputs=scale * y)


@contextlib.contextmanager
def control_flow_of_tensorflow_1():
  """Builds loops and branches as TensorFlow 1 built them."""
  tf.disable_control_flow_v2()
  try:
    yield
  finally:
    tf.enable_control_flow_v2()


def _reference(name, shape, initializer=None, *, trainable=True):
  return tf.get_variable(
    name,
    shape,
    initializer=initializer,
    trainable=trainable,
    use_resource=False,
  )
