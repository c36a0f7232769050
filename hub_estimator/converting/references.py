"""A stored graph whose reference variables become resources.

Graphs of TensorFlow 1 read a variable through a reference to its memory, which no
function of TensorFlow 2 can take. A resource is a handle, which ops read and assign.
"""

import dataclasses
from collections.abc import Iterator, Mapping

from hub_estimator.graphs import owner
from hub_estimator.tensorflow_runtime import op_def_registry, tf

REFERENCE_VARIABLES = ("Variable", "VariableV2")

# Op that takes a reference -> (op that takes a resource, its attribute for the
# type). Both take the same arguments, in the same order.
_ON_RESOURCES = {
  "Assign": ("AssignVariableOp", "dtype"),
  "AssignAdd": ("AssignAddVariableOp", "dtype"),
  "AssignSub": ("AssignSubVariableOp", "dtype"),
  **{
    f"Scatter{kind}": (f"ResourceScatter{kind}", "dtype")
    for kind in ("Add", "Div", "Max", "Min", "Mul", "Sub", "Update")
  },
  **{
    f"ScatterNd{kind}": (f"ResourceScatterNd{kind}", "T")
    for kind in ("Add", "Sub", "Update")
  },
}


def replace_references(graph_def: tf.GraphDef) -> tf.GraphDef:
  """Returns a copy of a graph whose reference variables are resources.

  A variable keeps its name; its node now stands for the handle. An op that assigns
  keeps its name, too, and no longer has an output. Ops with references that aren't
  known here stay as they are.

  Args:
    graph_def: the graph; it isn't changed.
  """
  nodes = {node.name: node for node in graph_def.node}
  result = tf.GraphDef()
  result.versions.CopyFrom(graph_def.versions)
  result.library.CopyFrom(graph_def.library)
  for node in graph_def.node:
    result.node.extend(_replace(node, nodes))
  return result


def takes_reference(node: tf.NodeDef) -> bool:
  """Returns whether an op takes or returns a reference."""
  op = op_def_registry.get(node.op)
  return op is not None and any(
    argument.is_ref for argument in (*op.input_arg, *op.output_arg)
  )


@dataclasses.dataclass(frozen=True)
class _Reference:
  """The variable behind a reference.

  Attributes:
    variable: its name.
    dtype: its type, as NodeDefs have it.
    after: names of the ops that assign it before the reference is there.
  """

  variable: str
  dtype: int
  after: tuple[str, ...] = ()

  def read(self, name: str, waits: list[str]) -> tf.NodeDef:
    """Returns a node that reads the variable.

    Args:
      name: the node's.
      waits: further control inputs.
    """
    node = tf.NodeDef(name=name, op="ReadVariableOp")
    node.attr["dtype"].type = self.dtype
    node.input.extend([self.variable, *waits])
    node.input.extend(f"^{op}" for op in self.after if f"^{op}" not in waits)
    return node


def _find(tensor: str, nodes: Mapping[str, tf.NodeDef]) -> _Reference | None:
  """Returns the variable that a tensor refers to; None if it is a plain value."""
  node = nodes.get(owner(tensor))
  if node is None or tensor.startswith("^"):
    return None
  if node.op in REFERENCE_VARIABLES:
    return _Reference(node.name, node.attr["dtype"].type)
  if node.op not in _ON_RESOURCES:
    return None
  before = _find(node.input[0], nodes)
  return before and dataclasses.replace(
    before, after=(*before.after, node.name)
  )


def _replace(
  node: tf.NodeDef, nodes: Mapping[str, tf.NodeDef]
) -> Iterator[tf.NodeDef]:
  """Yields the nodes that take a node's place."""
  found = {name: _find(name, nodes) for name in node.input}
  waits = [name for name in node.input if name.startswith("^")]
  if node.op == "Identity" and (reference := found[node.input[0]]):
    yield reference.read(node.name, waits)
    return
  new = tf.NodeDef()
  new.CopyFrom(node)
  if node.op in _ON_RESOURCES and (reference := found[node.input[0]]):
    new.op, dtype = _ON_RESOURCES[node.op]
    new.attr.clear()
    new.attr[dtype].type = reference.dtype
    if "Tindices" in node.attr:
      new.attr["Tindices"].CopyFrom(node.attr["Tindices"])
    new.input[0] = reference.variable
    new.input.extend(
      f"^{op}" for op in reference.after if f"^{op}" not in waits
    )
  kept_reference = new.op != node.op or takes_reference(node)
  for index, name in enumerate(node.input):
    reference = found[name]
    if reference is None or (index == 0 and kept_reference):
      continue
    read = reference.read(f"{node.name}/read_{index}", waits)
    yield read
    new.input[index] = read.name
  yield new
