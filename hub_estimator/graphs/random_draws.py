"""Random draws: tensors of a stored graph that differ from call to call.

The graph is walked backwards from a tensor, through loops, branches and the
functions that nodes call, by the outputs that matter. So a sample doesn't make
the mean beside it random, even if one function computes both.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from hub_estimator.tensorflow_runtime import op_def_registry, tf

# Random ops that keep their state in a variable or have none, so that they have
# no attribute for a seed. Those that TensorFlow calls stateless take their seed
# as an input: they are functions of it.
_WITHOUT_SEED = (
  "AnonymousRandomSeedGenerator",
  "AnonymousSeedGenerator",
  "NonDeterministicInts",
  "RiscRandomUniform",
  "RngReadAndSkip",
  "StatefulRandomBinomial",
  "StatefulStandardNormal",
  "StatefulTruncatedNormal",
  "StatefulUniform",
)
_Key = TypeVar("_Key")
_SEEDS = {"seed", "seed2"}
_CALLS = ("PartitionedCall", "StatefulPartitionedCall")
_BRANCHES = ("Case", "If", "StatelessCase", "StatelessIf")
_LOOPS = ("StatelessWhile", "While")
# A value may depend on an op that it only waits for: one that writes a variable.
_WRITES = ("Assign", "NoOp", "Resource", "Scatter")
# What they return depends on their input's shape alone, which is rarely drawn.
_OF_SHAPES = ("Rank", "Shape", "ShapeN", "Size")


def find_random_ops(
  graph_def: tf.GraphDef, wanted: Mapping[_Key, Iterable[str]]
) -> dict[_Key, list[str]]:
  """Returns the types of the random ops that tensors are computed from, sorted.

  Args:
    graph_def: the graph, with the functions in its library.
    wanted: names of tensors, by any key. Those that are functions of inputs and
      variables alone are not in the result.
  """
  roots = {
    key: [_Output.of(name) for name in names] for key, names in wanted.items()
  }
  walk = _Walk(graph_def)
  nodes = {node.name: node for node in graph_def.node}
  every = [output for outputs in roots.values() for output in outputs]
  if not walk.back(nodes, every).types:
    return {}  # As in most graphs; one walk is enough.
  found = {
    key: sorted(walk.back(nodes, outputs).types)
    for key, outputs in roots.items()
  }
  return {key: types for key, types in found.items() if types}


class _Output(NamedTuple):
  """An output of a node.

  Attributes:
    node: its name, or that of a function's argument.
    place: "1" in "n:1", and "output:1" in a function's "n:output:1".
  """

  node: str
  place: str

  @classmethod
  def of(cls, name: str) -> "_Output":
    node, _, place = name.removeprefix("^").partition(":")
    return cls(node, place or "0")

  def number(self, names: list[str] | None = None) -> int:
    """Returns the output's number among all outputs of its node.

    Args:
      names: of these outputs, if each has one; None if they are one list.
    """
    name, _, index = self.place.rpartition(":")
    return names.index(name) if name and names else int(index)


class _Reached(NamedTuple):
  """What a walk reached: types of random ops, and indices of arguments."""

  types: frozenset[str]
  arguments: frozenset[int]


class _Walk:
  """Walks a graph and the functions in its library."""

  def __init__(self, graph_def: tf.GraphDef) -> None:
    self._library = {f.signature.name: f for f in graph_def.library.function}
    bodies = [graph_def.node, *(f.node_def for f in self._library.values())]
    types = {node.op for body in bodies for node in body}
    self._random_types = {op for op in types if _is_random(op)}
    self._known: dict[tuple[str, frozenset[int]], _Reached] = {}

  def back(
    self,
    nodes: Mapping[str, tf.NodeDef],
    roots: Iterable[_Output],
    arguments: list[str] | None = None,
  ) -> _Reached:
    """Returns what some outputs of nodes depend on.

    Args:
      nodes: of a graph or a function, by name.
      roots: the outputs.
      arguments: names of the function's arguments; None for a graph.
    """
    types: set[str] = set()
    used: set[str] = set()
    seen, todo = set(), list(roots)
    while todo:
      output = todo.pop()
      node = nodes.get(output.node)
      if node is None:
        used.add(output.node)
        continue
      calls = set(_functions_of(node, self._library))
      if not calls:  # All outputs of an op depend on all of its inputs.
        output = output._replace(place="0")
      if output in seen:
        continue
      seen.add(output)
      data = [_Output.of(i) for i in node.input if not i.startswith("^")]
      todo += _awaited_writes(node, nodes)
      if calls:
        reached = self._enter(node, calls, output)
        types |= reached.types
        todo += [data[place] for place in sorted(reached.arguments)]
      elif node.op not in _OF_SHAPES:
        todo += data
        if node.op in self._random_types and _draws(node):
          types.add(node.op)
    names = arguments or []
    return _Reached(
      frozenset(types),
      frozenset(names.index(name) for name in used if name in names),
    )

  def _enter(
    self, node: tf.NodeDef, functions: set[str], output: _Output
  ) -> _Reached:
    """Returns what a node with functions reaches in them, and its data inputs."""
    if node.op in _LOOPS:
      return self._enter_loop(node, output.number())
    if node.op in self._library:
      names = [a.name for a in self._library[node.op].signature.output_arg]
      return self._call(node.op, {output.number(names)})
    if node.op in _CALLS:
      return self._call(node.attr["f"].func.name, {output.number()})
    if node.op in _BRANCHES:
      inside = [self._call(f, {output.number()}) for f in functions]
      return _union(
        inside, arguments={0, *(1 + i for r in inside for i in r.arguments)}
      )
    # For example a dataset that maps a function.
    data = [i for i in node.input if not i.startswith("^")]
    return _union(
      [self._call(f, None) for f in functions], arguments=range(len(data))
    )

  def _enter_loop(self, node: tf.NodeDef, index: int) -> _Reached:
    """Returns what one value of a loop depends on: its condition, and others."""
    condition = self._call(node.attr["cond"].func.name, None)
    wanted = {index, *condition.arguments}
    while True:
      body = self._call(node.attr["body"].func.name, wanted)
      if body.arguments <= wanted:
        return _union([condition, body], arguments=wanted)
      wanted |= body.arguments

  def _call(self, name: str, outputs: Iterable[int] | None) -> _Reached:
    """Returns what some outputs of a function depend on; None means all."""
    function = self._library[name]
    names = [argument.name for argument in function.signature.output_arg]
    wanted = frozenset(range(len(names)) if outputs is None else outputs)
    if (name, wanted) not in self._known:
      # A function that calls itself adds nothing there.
      self._known[name, wanted] = _Reached(frozenset(), frozenset())
      self._known[name, wanted] = self.back(
        {node.name: node for node in function.node_def},
        [_Output.of(function.ret[names[index]]) for index in wanted],
        [argument.name for argument in function.signature.input_arg],
      )
    return self._known[name, wanted]


def _union(
  reached: Iterable[_Reached], *, arguments: Iterable[int]
) -> _Reached:
  types = frozenset[str]().union(*(r.types for r in reached))
  return _Reached(types, frozenset(arguments))


def _awaited_writes(
  node: tf.NodeDef, nodes: Mapping[str, tf.NodeDef]
) -> list[_Output]:
  """Returns the ops that a node waits for and that may write variables."""
  awaited = [_Output.of(i) for i in node.input if i.startswith("^")]
  return [
    output
    for output in awaited
    if output.node in nodes and nodes[output.node].op.startswith(_WRITES)
  ]


def _functions_of(
  node: tf.NodeDef, library: Mapping[str, object]
) -> Iterator[str]:
  """Yields the names of the functions that a node runs."""
  if node.op in library:
    yield node.op
  for value in node.attr.values():
    if value.HasField("func") and value.func.name in library:
      yield value.func.name
    for function in value.list.func:
      if function.name in library:
        yield function.name


def _is_random(op: str) -> bool:
  """Returns whether ops of a type draw random numbers."""
  if op.startswith(_WITHOUT_SEED):
    return True
  known = op_def_registry.get(op)
  return (
    known is not None
    and known.is_stateful
    and bool(_SEEDS & {attr.name for attr in known.attr})
  )


def _draws(node: tf.NodeDef) -> bool:
  """Returns whether a node of a random type draws: not for a dropout of 0."""
  if node.op.startswith("CudnnRNN"):
    return "dropout" in node.attr and node.attr["dropout"].f > 0
  return True
