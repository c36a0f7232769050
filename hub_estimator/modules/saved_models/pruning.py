"""Prunes a stored graph of TensorFlow 1 to the nodes that its signatures need."""

from collections.abc import Collection, Mapping
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.graphs import (
  inline_functions,
  owner,
  reach,
  tensor_names,
  variable_name,
)

# Collections of tensors or ops that a module keeps.
NODE_COLLECTIONS = ("regularization_losses", "update_ops")
_VARIABLE_COLLECTIONS = ("variables", "trainable_variables")
_VARIABLE_OPS = ("VarHandleOp", "VariableV2", "Variable", "TemporaryVariable")
_TABLE_INITIALIZERS = ("InitializeTable", "LookupTableImport")


def prune(
  meta_graph: Any, signatures: Mapping[str, Any], files: Mapping[str, str]
) -> tuple[Any, list[str]]:
  """Returns a MetaGraphDef of the needed nodes, and the tables' initializers.

  Args:
    meta_graph: the stored MetaGraphDef.
    signatures: SignatureDefs by name.
    files: paths of assets, by the name of the tensor that holds the path.

  Raises:
    UserError: a signature, loss or update reads a variable that isn't saved.
  """
  whole = meta_graph.graph_def
  if whole.library.function:
    whole = inline_functions(whole)
  _settle(whole, files)
  nodes = {node.name: node for node in whole.node}
  wanted = _wanted(meta_graph, signatures, nodes)
  reached = reach(nodes, wanted)
  tables = [
    node.name
    for node in whole.node
    if node.op.startswith(_TABLE_INITIALIZERS)
    and owner(node.input[0]) in reached
  ]
  variables = _saved_variables(meta_graph)
  _check_saved(variables, reached, nodes)
  read = {name: v for name, v in variables.items() if name in reached}
  kept = reach(nodes, [*wanted, *tables, *_needed_to_restore(read)])
  return _copy(meta_graph, whole, kept, variables=read), tables


def node_list(meta_graph: Any, key: str) -> list[str]:
  """Returns the names in a collection of tensors or ops."""
  if key not in meta_graph.collection_def:
    return []
  return list(meta_graph.collection_def[key].node_list.value)


def _settle(graph_def: Any, files: Mapping[str, str]) -> None:
  """Sets the assets' paths to their present place, and removes colocations.

  Hub refuses state that is colocated with other ops. On one device, colocation has
  no effect.
  """
  path_of = {owner(name): path for name, path in files.items()}
  for node in graph_def.node:
    if "_class" in node.attr:
      del node.attr["_class"]
    if node.name in path_of:
      if node.op != "Const":
        raise UserError(
          f"the path of its asset is computed by {node.op}; it must be a constant."
        )
      tensor = node.attr["value"].tensor
      tensor.ClearField("tensor_content")
      del tensor.string_val[:]
      tensor.string_val.append(path_of[node.name].encode())


def _wanted(
  meta_graph: Any, signatures: Mapping[str, Any], nodes: Mapping[str, Any]
) -> set[str]:
  """Returns the nodes of signatures, losses and updates."""
  in_signatures = {
    owner(name)
    for signature in signatures.values()
    for infos in (signature.inputs, signature.outputs)
    for info in infos.values()
    for name in tensor_names(info)
  }
  in_collections = {
    owner(name)
    for key in NODE_COLLECTIONS
    for name in node_list(meta_graph, key)
  }
  return in_signatures | {name for name in in_collections if name in nodes}


def _saved_variables(meta_graph: Any) -> dict[str, Any]:
  """Returns VariableDefs by the name of the op that is the variable."""
  from tensorflow.core.framework import variable_pb2

  return {
    variable_name(value): variable_pb2.VariableDef.FromString(value)
    for value in meta_graph.collection_def["variables"].bytes_list.value
  }


def _check_saved(
  variables: Mapping[str, Any],
  reached: Collection[str],
  nodes: Mapping[str, Any],
) -> None:
  unknown = sorted(
    name
    for name in reached
    if nodes[name].op in _VARIABLE_OPS and name not in variables
  )
  if unknown:
    raise UserError(
      f"it reads variables that aren't saved with it: {', '.join(unknown[:5])}."
    )


def _needed_to_restore(variables: Mapping[str, Any]) -> set[str]:
  """Returns the nodes that initialize variables or read their values."""
  return {
    owner(name)
    for v in variables.values()
    for name in (v.initializer_name, v.snapshot_name)
    if name
  }


def _copy(
  meta_graph: Any,
  graph_def: Any,
  kept: Collection[str],
  *,
  variables: Collection[str],
) -> Any:
  """Returns a MetaGraphDef of some nodes and some variables."""
  from tensorflow.core.protobuf import meta_graph_pb2

  pruned = meta_graph_pb2.MetaGraphDef()
  pruned.graph_def.versions.CopyFrom(graph_def.versions)
  pruned.graph_def.library.CopyFrom(graph_def.library)
  pruned.graph_def.node.extend(n for n in graph_def.node if n.name in kept)
  for key in _VARIABLE_COLLECTIONS:
    values = meta_graph.collection_def[key].bytes_list.value
    pruned.collection_def[key].bytes_list.value.extend(
      value for value in values if variable_name(value) in variables
    )
  return pruned
