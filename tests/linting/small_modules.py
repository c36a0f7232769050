"""Small modules to check, and what the checks find in them."""

from hub_estimator import linting, testing
from hub_estimator.modules import read_module_info
from hub_estimator.tensorflow_runtime import tf

BOTH = [(set(), {"training": False}), ({"train"}, {"training": True})]


def lint_path(path):
  return linting.lint(read_module_info(str(path)))


def of_check(findings, check):
  return [f for f in findings if f.check == check]


def export(tmp_path, module_fn, variants=None):
  return testing.export_module(
    str(tmp_path / "m"), module_fn, tags_and_args=variants
  )


def build_dense(x, *, units=3, l2=0.1):
  kernel = tf.get_variable("kernel", [x.shape[-1], units])
  if l2:
    tf.add_to_collection(
      tf.GraphKeys.REGULARIZATION_LOSSES, l2 * tf.nn.l2_loss(kernel)
    )
  return tf.matmul(x, kernel)


def placeholder(*shape):
  return tf.placeholder(tf.float32, [None, *shape])


def build_norm(x, *, training, momentum=0.9, updates=True):
  mean = tf.get_variable("moving_mean", [3], trainable=False)
  variance = tf.get_variable("moving_variance", [3], trainable=False)
  y, batch_mean, batch_variance = tf.nn.fused_batch_norm(
    x[:, tf.newaxis, tf.newaxis],
    tf.ones([3]),
    tf.zeros([3]),
    None if training else mean,
    None if training else variance,
    is_training=training,
  )
  if training and updates:
    for moving, batch in ((mean, batch_mean), (variance, batch_variance)):
      tf.add_to_collection(
        tf.GraphKeys.UPDATE_OPS,
        moving.assign_sub((1 - momentum) * (moving - batch)).op,
      )
  return y[:, 0, 0]
