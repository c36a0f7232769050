"""Inlining: a stored graph whose calls of functions become the functions' ops.

TensorFlow can't differentiate a call of a function that was imported with a
graph, and TF1 Hub stores no Python functions. Functions under control flow (If,
While, Case) stay in the graph's library: TensorFlow differentiates them there.
"""

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub_estimator.graphs.graph_defs import owner
from hub_estimator.tensorflow_runtime import function_def_to_graph_def, tf

_CALLS = ("PartitionedCall", "StatefulPartitionedCall")


def inline_functions(graph_def: tf.GraphDef) -> tf.GraphDef:
  """Returns a copy of a graph in which no node calls a function.

  If the node `call` calls a function with a node `n`, the copy has a node
  `call/n`. An op that waited for the call waits for all side effects of the
  function.

  Args:
    graph_def: the graph, with the functions in its library; it isn't changed.
  """
  library = {f.signature.name: f for f in graph_def.library.function}
  inlined = _InlinedCalls()
  nodes = [
    new
    for node in graph_def.node
    for new in _expand(node, library=library, inlined=inlined)
  ]
  result = tf.GraphDef()
  result.CopyFrom(graph_def)
  del result.node[:]
  result.node.extend(nodes)
  for node in result.node:
    inlined.reconnect(node)
  return result


@dataclasses.dataclass(frozen=True)
class _InlinedCalls:
  """The tensors and ops that replace the outputs of calls.

  Attributes:
    tensors: by an output of a call, "call:0", the tensor in its place. That
      tensor may be an output of another call.
    side_effects: by the name of a call, the ops that its side effects end with.
  """

  tensors: dict[str, str] = dataclasses.field(default_factory=dict)
  side_effects: dict[str, list[str]] = dataclasses.field(default_factory=dict)

  def reconnect(self, node: tf.NodeDef) -> None:
    """Replaces a node's inputs that are outputs of calls."""
    data, awaited = _split_inputs(node)
    waits = dict.fromkeys(
      op for name in awaited for op in self._ops_behind(name.removeprefix("^"))
    )
    _set_inputs(
      node,
      [self._tensor_behind(tensor) for tensor in data],
      [f"^{op}" for op in waits],
    )

  def _tensor_behind(self, tensor: str) -> str:
    while (key := tensor if ":" in tensor else f"{tensor}:0") in self.tensors:
      tensor = self.tensors[key]
    return tensor

  def _ops_behind(self, name: str) -> list[str]:
    if name not in self.side_effects:
      return [name]
    return [
      op for last in self.side_effects[name] for op in self._ops_behind(last)
    ]


def _expand(
  node: tf.NodeDef,
  *,
  library: Mapping[str, Any],
  inlined: _InlinedCalls,
) -> Iterator[tf.NodeDef]:
  """Yields the nodes that take a node's place: itself, unless it is a call.

  Args:
    node: a node of the graph, or of a function that is being inlined.
    library: FunctionDefs by name.
    inlined: is extended by each call that is replaced.
  """
  name = node.attr["f"].func.name if node.op in _CALLS else node.op
  if name not in library:
    yield node
    return
  function = library[name]
  body, tensor_of = function_def_to_graph_def(function)
  data, awaited = _split_inputs(node)
  names = (argument.name for argument in function.signature.input_arg)
  arguments = dict(zip(names, data, strict=True))

  def outside(tensor: str) -> str:
    """Returns a tensor of the function by its name in the graph around it."""
    return arguments.get(owner(tensor)) or f"{node.name}/{tensor}"

  for inner in body.node:
    if inner.name in arguments:
      continue
    _move_out(inner, node.name, outside, arguments, awaited)
    yield from _expand(inner, library=library, inlined=inlined)
  for index, output in enumerate(function.signature.output_arg):
    inside = tensor_of[function.ret[output.name]]
    inlined.tensors[f"{node.name}:{index}"] = outside(inside)
  inlined.side_effects[node.name] = [
    f"{node.name}/{last}" for last in function.control_ret.values()
  ]


def _move_out(
  node: tf.NodeDef,
  call: str,
  outside: Callable[[str], str],
  arguments: Mapping[str, str],
  awaited: list[str],
) -> None:
  """Renames a function's node, and its inputs, for the graph around the call.

  Args:
    node: a node of the function's body; it is changed.
    call: name of the node that calls the function.
    outside: translates the names of tensors.
    arguments: by an argument's name, the tensor that the call passes.
    awaited: control inputs of the call, which the node waits for, too.
  """
  data, own = _split_inputs(node)
  waits = [
    f"^{call}/{name}"
    for name in (control.removeprefix("^") for control in own)
    if name not in arguments
  ]
  node.name = f"{call}/{node.name}"
  _set_inputs(node, [outside(tensor) for tensor in data], [*waits, *awaited])


def _split_inputs(node: tf.NodeDef) -> tuple[list[str], list[str]]:
  """Returns a node's (data inputs, control inputs, which start with "^")."""
  data = [name for name in node.input if not name.startswith("^")]
  return data, [name for name in node.input if name.startswith("^")]


def _set_inputs(node: tf.NodeDef, data: list[str], control: list[str]) -> None:
  del node.input[:]
  node.input.extend([*data, *control])
