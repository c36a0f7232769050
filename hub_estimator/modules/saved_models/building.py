"""Adds a plain graph to the current graph, as a module_fn does."""

from collections.abc import Callable

from hub_estimator.modules.saved_models.plain_graph import PlainGraph
from hub_estimator.tensorflow_runtime import hub, tf

# Returns the tensor of a name.
GetTensor = Callable[[str], tf.Tensor]


def build_module(plain: PlainGraph) -> None:
  """Adds a plain graph, its collections and its signatures to the current graph."""
  tensor = import_graph(plain)
  collect = tf.add_to_collection
  for name in plain.losses:
    collect(tf.GraphKeys.REGULARIZATION_LOSSES, tensor(name))
  graph = tf.get_default_graph()
  for key, names in (
    (tf.GraphKeys.TABLE_INITIALIZERS, plain.table_initializers),
    (tf.GraphKeys.UPDATE_OPS, plain.update_ops),
  ):
    for name in names:
      collect(key, graph.get_operation_by_name(name))
  for name in plain.assets:
    collect(tf.GraphKeys.ASSET_FILEPATHS, tensor(name))
  for name, signature in plain.signatures.items():
    hub.add_signature(
      name,
      inputs={k: tensor(t) for k, t in signature.inputs.items()},
      outputs={k: tensor(t) for k, t in signature.outputs.items()},
    )


def import_graph(plain: PlainGraph) -> GetTensor:
  """Imports a plain graph, with new variables, into the current graph.

  Returns:
    A function from a tensor's name to the tensor.
  """
  variables = {
    f"{name}:0": tf.get_variable(
      name,
      v.shape,
      v.dtype,
      initializer=tf.zeros_initializer(),
      trainable=v.trainable,
      use_resource=True,
    )
    for name, v in plain.variables.items()
  }
  graph_def = type(plain.graph_def)()
  graph_def.CopyFrom(plain.graph_def)
  del graph_def.node[:]
  graph_def.node.extend(
    n for n in plain.graph_def.node if n.name not in plain.variables
  )
  tf.import_graph_def(
    graph_def,
    input_map={name: v.handle for name, v in variables.items()},
    name="",
  )
  return tf.get_default_graph().get_tensor_by_name
