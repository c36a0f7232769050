"""model_fns as people have them: their own loss, optimizer and modules."""

import gin
import numpy as np

from hub_estimator.tensorflow_runtime import estimator, hub, tf


@gin.register("classify", module="tests")
def classify(features, labels, mode, params):
  """Two classes by a module with a {"train"} variant, if it has one."""
  training = mode == estimator.ModeKeys.TRAIN
  module = hub.Module(
    params["handle"],
    trainable=training,
    tags={"train"} if training and params.get("has_variants", True) else None,
    name="encoder",
  )
  hub.register_module_for_export(module, "text/encoder")
  hidden = module(features["x"])
  logits = tf.layers.dense(
    hidden, 2, name="logits", kernel_initializer=tf.zeros_initializer()
  )
  predictions = {
    "class_ids": tf.argmax(logits, axis=1),
    "probabilities": tf.nn.softmax(logits),
  }
  if mode == estimator.ModeKeys.PREDICT:
    return estimator.EstimatorSpec(mode, predictions=predictions)
  loss = tf.losses.sparse_softmax_cross_entropy(labels, logits)
  loss += tf.losses.get_regularization_loss()
  metrics = {"accuracy": tf.metrics.accuracy(labels, predictions["class_ids"])}
  if mode == estimator.ModeKeys.EVAL:
    return estimator.EstimatorSpec(mode, loss=loss, eval_metric_ops=metrics)
  with tf.control_dependencies(tf.get_collection(tf.GraphKeys.UPDATE_OPS)):
    train_op = tf.train.AdamOptimizer(params.get("rate", 0.05)).minimize(
      loss, global_step=tf.train.get_global_step()
    )
  return estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)


def _dense_fn(width, outputs):
  def module_fn():
    x = tf.placeholder(tf.float32, [None, width])
    y = tf.layers.dense(
      x,
      outputs,
      name="dense",
      kernel_initializer=tf.glorot_uniform_initializer(seed=outputs),
    )
    hub.add_signature(inputs={"x": x}, outputs=y)

  return module_fn


def autoencode(features, mode, params):
  """An encoder and a decoder, both new, by their reconstruction; no labels."""
  x = features["x"]
  encoder, decoder = (
    hub.Module(
      hub.create_module_spec(_dense_fn(*shape)),
      trainable=mode == estimator.ModeKeys.TRAIN,
      name=name,
    )
    for name, shape in (("encoder", (4, 2)), ("decoder", (2, 4)))
  )
  hub.register_module_for_export(encoder, "encoder")
  hub.register_module_for_export(decoder, "decoder")
  code = encoder({"x": x})
  restored = decoder(code)
  if mode == estimator.ModeKeys.PREDICT:
    return estimator.EstimatorSpec(
      mode, predictions={"code": code, "restored": restored}
    )
  loss = tf.reduce_mean(tf.square(restored - x))
  metrics = {"error": tf.metrics.mean_squared_error(x, restored)}
  if mode == estimator.ModeKeys.EVAL:
    return estimator.EstimatorSpec(mode, loss=loss, eval_metric_ops=metrics)
  train_op = tf.train.GradientDescentOptimizer(params["rate"]).minimize(
    loss, global_step=tf.train.get_global_step()
  )
  return estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)


def apply(path, inputs, tags=None):
  """Returns what a stored module computes, by plain `hub.Module`."""
  with tf.Graph().as_default(), tf.Session() as session:
    outputs = hub.Module(str(path), tags=tags)(inputs)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return np.asarray(session.run(outputs))


def new_module(name, width=4):
  """Returns a new module of one dense layer, registered for export."""
  module = hub.Module(
    hub.create_module_spec(_dense_fn(width, 2)), name=name, trainable=True
  )
  hub.register_module_for_export(module, name)
  return module


def play(features, mode):
  """A generator and a discriminator, each with its own optimizer and its turn."""
  real = features["x"]
  modules = [
    hub.Module(
      hub.create_module_spec(_dense_fn(*shape)),
      trainable=mode == estimator.ModeKeys.TRAIN,
      name=name,
    )
    for name, shape in (("generator", (4, 4)), ("discriminator", (4, 1)))
  ]
  generator, discriminator = modules
  for module in modules:
    hub.register_module_for_export(
      module, module.variables[0].op.name.split("/")[0]
    )
  made = generator(real)  # Its noise is data here, so that serving can feed it.
  if mode == estimator.ModeKeys.PREDICT:
    return estimator.EstimatorSpec(mode, predictions={"made": made})
  scores = [discriminator(x) for x in (real, made)]
  against = tf.reduce_mean(
    tf.nn.softplus(-scores[0]) + tf.nn.softplus(scores[1])
  )
  fooled = tf.reduce_mean(tf.nn.softplus(-scores[1]))
  if mode == estimator.ModeKeys.EVAL:
    return estimator.EstimatorSpec(
      mode, loss=against, eval_metric_ops={"fooled": tf.metrics.mean(fooled)}
    )
  first = tf.train.AdamOptimizer(0.01).minimize(
    against, var_list=discriminator.variables
  )
  with tf.control_dependencies([first]):
    train_op = tf.train.AdamOptimizer(0.01).minimize(
      fooled,
      var_list=generator.variables,
      global_step=tf.train.get_global_step(),
    )
  return estimator.EstimatorSpec(mode, loss=against, train_op=train_op)
