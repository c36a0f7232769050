"""A SavedModel of TensorFlow 1 as a TF1 Hub module.

Each of its graphs is a variant, by its tags but "serve"; signatures keep their
names. What no signature, loss or update reads (slots of optimizers, say) is left
out. What the graph doesn't say can't be had: a model that was saved for serving has
no training mode, and often no list of its trainable variables.
"""

import os
import pathlib
from collections.abc import Mapping
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.graphs import (
  inline_functions,
  owner,
  reach,
  tensor_names,
  variable_name,
)
from hub_estimator.tensorflow_runtime import hub, tf

_DEFAULT = "default"
_SERVING = "serving_default"
_SERVE = "serve"
_VARIABLES = ("VarHandleOp", "VariableV2", "Variable", "TemporaryVariable")
_TABLE_INITIALIZERS = ("InitializeTable", "LookupTableImport")
_COLLECTIONS = ("variables", "trainable_variables")
_NODES = ("regularization_losses", "update_ops")


def write_module(source_path: str, path: str) -> None:
  """Writes a SavedModel as a TF1 Hub module.

  Its signature "default" is "serving_default", or the first by name, where it has
  none of that name.

  Args:
    source_path: directory of the SavedModel.
    path: a directory that doesn't exist yet.

  Raises:
    UserError: it has no signature, or a module can't hold what it reads.
  """
  graphs = _read_graphs(source_path)

  def module_fn(tags):
    _build(graphs[tags], pathlib.Path(source_path, "assets"))

  spec = hub.create_module_spec(
    module_fn, tags_and_args=[(set(tags), {"tags": tags}) for tags in graphs]
  )
  prefix = os.path.join(source_path, "variables", "variables")
  if os.path.isfile(f"{prefix}.index"):
    spec.export(path, checkpoint_path=prefix)
    return
  with tf.Graph().as_default(), tf.Session() as session:
    hub.Module(spec, tags=set(next(iter(graphs)))).export(path, session)


def _read_graphs(source_path: str) -> dict[frozenset[str], Any]:
  from tensorflow.core.protobuf import saved_model_pb2

  proto = saved_model_pb2.SavedModel.FromString(
    pathlib.Path(source_path, "saved_model.pb").read_bytes()
  )
  graphs = {}
  for graph in proto.meta_graphs:
    tags = frozenset(graph.meta_info_def.tags) - {_SERVE}
    if tags in graphs:
      raise UserError(
        f"it has two graphs with the tags {sorted(tags)} beside {_SERVE!r}."
      )
    graphs[tags] = graph
  return graphs


def _build(meta_graph: Any, assets: pathlib.Path) -> None:
  """Adds a graph to the current one, as a module_fn does."""
  signatures = {
    name: signature
    for name, signature in meta_graph.signature_def.items()
    if not name.startswith("__") and signature.outputs
  }
  if not signatures:
    raise UserError(
      f"its graph {sorted(meta_graph.meta_info_def.tags)} has no signature."
    )
  if _DEFAULT not in signatures:
    main = _SERVING if _SERVING in signatures else sorted(signatures)[0]
    signatures[_DEFAULT] = signatures[main]
  files = _asset_files(meta_graph, assets)
  plain, tables = _plain_graph(meta_graph, signatures, files)
  tf.train.import_meta_graph(plain, clear_devices=True)
  graph = tf.get_default_graph()
  names = {node.name for node in plain.graph_def.node}
  for key in _NODES:
    for name in _node_list(meta_graph, key):
      if name.split(":")[0] in names:
        tf.add_to_collection(key, graph.as_graph_element(name))
  for name in tables:
    tf.add_to_collection(
      tf.GraphKeys.TABLE_INITIALIZERS, graph.get_operation_by_name(name)
    )
  for name in files:
    if name.split(":")[0] in names:
      tf.add_to_collection(
        tf.GraphKeys.ASSET_FILEPATHS, graph.get_tensor_by_name(name)
      )
  for name, signature in signatures.items():
    hub.add_signature(
      name,
      inputs=_tensors(graph, signature.inputs),
      outputs=_tensors(graph, signature.outputs),
    )


def _asset_files(meta_graph, assets: pathlib.Path) -> dict[str, str]:
  """Returns paths by the name of the tensor that holds them."""
  from tensorflow.core.protobuf import meta_graph_pb2

  collected = meta_graph.collection_def["saved_model_assets"].any_list.value
  found = list(meta_graph.asset_file_def) or [
    meta_graph_pb2.AssetFileDef.FromString(packed.value) for packed in collected
  ]
  return {a.tensor_info.name: str(assets / a.filename) for a in found}


def _plain_graph(
  meta_graph, signatures: Mapping, files: Mapping[str, str]
) -> tuple[Any, list[str]]:
  """Returns what is read of a graph, and the names of its tables' initializers."""
  from tensorflow.core.protobuf import meta_graph_pb2

  whole = meta_graph.graph_def
  if whole.library.function:
    whole = inline_functions(whole)
  _settle(whole, files)
  nodes = {node.name: node for node in whole.node}
  wanted = {
    name.split(":")[0]
    for signature in signatures.values()
    for infos in (signature.inputs, signature.outputs)
    for info in infos.values()
    for name in tensor_names(info)
  }
  wanted |= {
    name.split(":")[0]
    for key in _NODES
    for name in _node_list(meta_graph, key)
    if name.split(":")[0] in nodes
  }
  reached = reach(nodes, wanted)
  tables = [
    node.name
    for node in whole.node
    if node.op.startswith(_TABLE_INITIALIZERS)
    and owner(node.input[0]) in reached
  ]
  variables = _variables(meta_graph)
  read = {name: v for name, v in variables.items() if name in reached}
  unknown = sorted(
    name
    for name in reached
    if nodes[name].op in _VARIABLES and name not in variables
  )
  if unknown:
    raise UserError(
      f"it reads variables that aren't saved with it: {', '.join(unknown[:5])}."
    )
  kept = reach(
    nodes,
    wanted.union(
      tables,
      *(
        {owner(name) for name in (v.initializer_name, v.snapshot_name) if name}
        for v in read.values()
      ),
    ),
  )
  plain = meta_graph_pb2.MetaGraphDef()
  plain.graph_def.versions.CopyFrom(whole.versions)
  plain.graph_def.library.CopyFrom(whole.library)
  plain.graph_def.node.extend(n for n in whole.node if n.name in kept)
  for key in _COLLECTIONS:
    values = meta_graph.collection_def[key].bytes_list.value
    plain.collection_def[key].bytes_list.value.extend(
      value for value in values if variable_name(value) in read
    )
  return plain, tables


def _settle(graph_def: Any, files: Mapping[str, str]) -> None:
  """Names assets where they lie now, and drops what binds nodes together.

  Hub refuses state that is bound to other ops; on one device it means nothing.
  """
  of_node = {name.split(":")[0]: path for name, path in files.items()}
  for node in graph_def.node:
    if "_class" in node.attr:
      del node.attr["_class"]
    if node.name in of_node:
      if node.op != "Const":
        raise UserError(f"the path of its asset is a {node.op}, no constant.")
      tensor = node.attr["value"].tensor
      tensor.ClearField("tensor_content")
      del tensor.string_val[:]
      tensor.string_val.append(of_node[node.name].encode())


def _variables(meta_graph) -> dict[str, Any]:
  """Returns VariableDefs by the name of the op that is the variable."""
  from tensorflow.core.framework import variable_pb2

  return {
    variable_name(value): variable_pb2.VariableDef.FromString(value)
    for value in meta_graph.collection_def["variables"].bytes_list.value
  }


def _node_list(meta_graph, key: str) -> list[str]:
  if key not in meta_graph.collection_def:
    return []
  return list(meta_graph.collection_def[key].node_list.value)


def _tensors(graph, infos) -> dict[str, Any]:
  tensors = {}
  for name, info in infos.items():
    values, *places = map(graph.get_tensor_by_name, tensor_names(info))
    tensors[name] = (
      tf.SparseTensor(places[0], values, places[1]) if places else values
    )
  return tensors
