"""Small SavedModels of TensorFlow 1, and their own outputs."""

import numpy as np

from hub_estimator.tensorflow_runtime import tf

X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


def save(path, build, *, tags=("serve",), slots=False):
  """Saves the graph of `build`, which returns (inputs, outputs), at `path`."""
  with tf.Graph().as_default(), tf.Session() as session:
    tf.set_random_seed(1)
    inputs, outputs = build()
    if slots:
      loss = tf.reduce_sum(next(iter(outputs.values())))
      tf.train.AdamOptimizer().minimize(
        loss, global_step=tf.train.get_or_create_global_step()
      )
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    builder = tf.saved_model.Builder(str(path))
    signature = tf.saved_model.predict_signature_def(inputs, outputs)
    builder.add_meta_graph_and_variables(
      session,
      list(tags),
      signature_def_map={"serving_default": signature},
      assets_collection=tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS),
      main_op=tf.tables_initializer(),
    )
    builder.save()
  return str(path)


def build_dense(*, resource=True):
  def build():
    x = tf.placeholder(tf.float32, [None, 4])
    kernel = tf.get_variable("kernel", [4, 3], use_resource=resource)
    return {"x": x}, {"y": tf.tanh(tf.matmul(x, kernel))}

  return build


def serve(path, inputs, tags=("serve",), signature="serving_default"):
  """Returns the outputs of the SavedModel with its own loader."""
  with tf.Graph().as_default(), tf.Session() as session:
    graph = tf.saved_model.loader.load(session, list(tags), path)
    found = graph.signature_def[signature]
    return session.run(
      {k: v.name for k, v in found.outputs.items()},
      {found.inputs[k].name: v for k, v in inputs.items()},
    )
