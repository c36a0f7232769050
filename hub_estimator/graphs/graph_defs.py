"""Stored graphs, walked without being built."""

from collections.abc import Iterable, Mapping
from typing import Any


def owner(name: str) -> str:
  """Returns the node that an input of a node, or a tensor's name, names."""
  return name.removeprefix("^").split(":")[0]


def reach(nodes: Mapping[str, Any], roots: Iterable[str]) -> set[str]:
  """Returns the names of all nodes that some depend on, and theirs.

  Args:
    nodes: NodeDefs by name.
    roots: names of nodes or tensors; those that aren't in the graph are left out.
  """
  found, todo = set(), [owner(root) for root in roots]
  while todo:
    name = todo.pop()
    if name not in found and name in nodes:
      found.add(name)
      todo.extend(owner(i) for i in nodes[name].input)
  return found


def tensor_names(info: Any) -> list[str]:
  """Returns the tensors of a TensorInfo: of a sparse one values, indices, shape."""
  if info.WhichOneof("encoding") == "coo_sparse":
    sparse = info.coo_sparse
    return [
      sparse.values_tensor_name,
      sparse.indices_tensor_name,
      sparse.dense_shape_tensor_name,
    ]
  return [info.name]


def variable_name(serialized: bytes) -> str:
  """Returns the name of the op that is the variable of a serialized VariableDef."""
  from tensorflow.core.framework import variable_pb2

  return owner(variable_pb2.VariableDef.FromString(serialized).variable_name)
