"""The ops that gradients pass, from a function's outputs back to its starts.

A function that is loaded from a SavedModel has no gradient for the loops and branches
that TensorFlow 1 built (Enter, Switch, …): only graphs know which ops belong together.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping

from hub_estimator.converting.parts import full_name
from hub_estimator.graphs import owner
from hub_estimator.tensorflow_runtime import op_def_registry, tf

_CONTROL_FLOW = ("Enter", "Exit", "Merge", "NextIteration", "Switch")
# Lists of tensors are variants; a loop may read a variable by its handle.
_CARRIERS = (tf.variant, tf.resource)


def find_loops(
  nodes: Mapping[str, tf.NodeDef],
  starts: Collection[str],
  outputs: Iterable[str],
) -> list[str]:
  """Returns the ops of TensorFlow 1's loops and branches that gradients pass, sorted.

  Args:
    nodes: NodeDefs by name.
    starts: names of tensors ("n:0") where gradients end.
    outputs: names of tensors.
  """
  found: set[str] = set()
  todo = list(outputs)
  while todo:
    name = todo.pop()
    node = nodes[owner(name)]
    if name not in starts and node.name not in found:
      found.add(node.name)
      todo.extend(_differentiable_inputs(node))
  return sorted(
    name
    for name in found
    if nodes[name].op in _CONTROL_FLOW
    and any(_differentiable_inputs(nodes[name]))
  )


def _differentiable_inputs(node: tf.NodeDef) -> Iterator[str]:
  data = [name for name in node.input if not name.startswith("^")]
  for name, dtype in zip(data, _input_types(node), strict=False):
    if dtype and _passes_gradients(tf.as_dtype(dtype)):
      yield full_name(name)


def _passes_gradients(dtype: tf.DType) -> bool:
  base = dtype.base_dtype
  return base.is_floating or base.is_complex or base in _CARRIERS


def _input_types(node: tf.NodeDef) -> Iterator[int]:
  """Yields the type of each data input as NodeDefs have it; 0 if it isn't stored."""
  op = op_def_registry.get(node.op)
  for argument in op.input_arg if op is not None else ():
    # To look up an attribute that a node lacks would add it.
    if argument.type_list_attr in node.attr:
      yield from node.attr[argument.type_list_attr].list.type
      continue
    dtype = argument.type
    if argument.type_attr in node.attr:
      dtype = node.attr[argument.type_attr].type
    count = 1
    if argument.number_attr in node.attr:
      count = node.attr[argument.number_attr].i
    yield from [dtype] * count
