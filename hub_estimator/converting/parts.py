"""A part of a stored graph: what some tensors and ops need, and where it starts."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence

from hub_estimator.graphs import owner
from hub_estimator.tensorflow_runtime import tf


@dataclasses.dataclass(frozen=True)
class Part:
  """A part of a graph, ready to be imported into a function.

  Attributes:
    graph_def: the nodes of the part.
    starts: names of the tensors, outside of the part, that its nodes read: inputs,
      handles of variables and tables, paths of assets.
    outputs: names of tensors.
    passed: those outputs that are outside of the part themselves.
    ops: names of ops that are run for their effects.
  """

  graph_def: tf.GraphDef
  starts: frozenset[str]
  outputs: Sequence[str]
  passed: frozenset[str]
  ops: Sequence[str]


def cut_out(
  graph_def: tf.GraphDef,
  *,
  starts: Collection[str],
  outputs: Sequence[str] = (),
  ops: Sequence[str] = (),
) -> Part:
  """Returns the part of a graph between some tensors and what is computed of them.

  Args:
    graph_def: the whole graph.
    starts: names of tensors ("n:0") where the part starts.
    outputs: names of tensors that the part computes.
    ops: names of ops that the part runs.
  """
  nodes = {node.name: node for node in graph_def.node}
  wanted = [full_name(name) for name in outputs]
  kept = reach_until(nodes, starts, [*wanted, *(f"^{name}" for name in ops)])
  part = tf.GraphDef()
  part.versions.CopyFrom(graph_def.versions)
  used: set[str] = set()
  for node in graph_def.node:
    if node.name in kept:
      new = part.node.add()
      new.CopyFrom(node)
      used.update(_keep_inputs(new, kept, starts))
  part.library.CopyFrom(graph_def.library)
  passed = frozenset(name for name in wanted if name in starts)
  return Part(part, frozenset(used), wanted, passed, list(ops))


def full_name(tensor: str) -> str:
  """Returns a tensor's name with its index, "n:0" for an input "n" of a node."""
  return tensor if ":" in tensor or tensor.startswith("^") else f"{tensor}:0"


def reach_until(
  nodes: Mapping[str, tf.NodeDef],
  starts: Collection[str],
  roots: Iterable[str],
) -> set[str]:
  """Returns the names of the nodes behind some tensors, up to where a part starts.

  Args:
    nodes: NodeDefs by name.
    starts: names of tensors ("n:0").
    roots: names of tensors, or of ops after a "^".
  """
  first = {owner(name) for name in starts}
  found: set[str] = set()
  todo = list(roots)
  while todo:
    name = todo.pop()
    # To wait for a start is to wait for nothing.
    if name in starts or (name.startswith("^") and owner(name) in first):
      continue
    node = nodes[owner(name)]
    if node.name not in found:
      found.add(node.name)
      todo.extend(map(full_name, node.input))
  return found


def _keep_inputs(
  node: tf.NodeDef, kept: Collection[str], starts: Collection[str]
) -> set[str]:
  """Drops a node's control inputs outside of the part; returns its starts."""
  inputs = [
    name
    for name in node.input
    if not name.startswith("^") or owner(name) in kept
  ]
  del node.input[:]
  node.input.extend(inputs)
  return {name for name in map(full_name, inputs) if name in starts}
