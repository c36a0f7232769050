"""Stored graphs, walked by the names in them, without building them."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from hub_estimator.tensorflow_runtime import tf


def owner(name: str) -> str:
  """Returns the name of the node that a tensor or a node's input belongs to.

  Args:
    name: of a tensor ("n:0") or an input of a node ("n", "n:1" or "^n").
  """
  return name.removeprefix("^").split(":")[0]


def reach(nodes: Mapping[str, tf.NodeDef], roots: Iterable[str]) -> set[str]:
  """Returns the names of some nodes and of all nodes that they depend on.

  Args:
    nodes: NodeDefs by name.
    roots: names of nodes or tensors; those that the graph lacks are skipped.
  """
  found: set[str] = set()
  todo = [owner(root) for root in roots]
  while todo:
    name = todo.pop()
    if name not in found and name in nodes:
      found.add(name)
      todo.extend(owner(i) for i in nodes[name].input)
  return found


def same_part(
  one: Iterable[tf.NodeDef],
  other: Iterable[tf.NodeDef],
  roots: Collection[str],
) -> bool:
  """Returns whether two graphs compute some tensors by the same ops.

  The ops have the same names, types, inputs and attributes. Text may differ: it
  may be the path of an asset.

  Args:
    one: the nodes of a graph.
    other: the nodes of the other graph.
    roots: names of the tensors.
  """
  parts = []
  for graph in (one, other):
    nodes = {node.name: node for node in graph}
    reached = reach(nodes, roots)
    if not set(map(owner, roots)) <= reached:
      return False
    parts.append({name: _essence(nodes[name]) for name in reached})
  return parts[0] == parts[1]


def _essence(node: tf.NodeDef) -> tuple[object, ...]:
  """Returns what an op computes: its type, inputs and attributes."""
  attributes = {
    name: value.SerializeToString(deterministic=True)
    for name, value in node.attr.items()
    if not name.startswith("_")
    and value.tensor.dtype != tf.string.as_datatype_enum
  }
  return node.op, tuple(node.input), attributes


def tensor_names(info: Any) -> list[str]:
  """Returns the names of the tensors that a TensorInfo stands for.

  Args:
    info: the `TensorInfo` proto of a signature's input or output. A sparse
      tensor has three names, of its values, indices and shape; a ragged one has
      those of its components.
  """
  if info.WhichOneof("encoding") == "composite_tensor":
    return [
      name
      for component in info.composite_tensor.components
      for name in tensor_names(component)
    ]
  if info.WhichOneof("encoding") == "coo_sparse":
    sparse = info.coo_sparse
    return [
      sparse.values_tensor_name,
      sparse.indices_tensor_name,
      sparse.dense_shape_tensor_name,
    ]
  return [info.name]


def variable_name(serialized: bytes) -> str:
  """Returns the name of a variable's op from its serialized VariableDef."""
  from tensorflow.core.framework import variable_pb2

  return owner(variable_pb2.VariableDef.FromString(serialized).variable_name)
