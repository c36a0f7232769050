"""Replaces function calls in a graph by what they do.

TensorFlow can't differentiate a call of a function that was imported with a
graph, and TF1 Hub keeps no Python function. Functions under control flow (If,
While, Case) stay in the library: there TensorFlow differentiates them.
"""

from typing import Any

from hub_estimator.tensorflow_runtime import function_def_to_graph_def

_CALLS = ("PartitionedCall", "StatefulPartitionedCall")


def inline_functions(graph_def: Any) -> Any:
  """Returns a GraphDef without calls of functions.

  The node `n` of a function that the node `call` calls becomes `call/n`. What
  waited for the call waits for all that the function does on the side.
  """
  library = {f.signature.name: f for f in graph_def.library.function}
  tensors: dict[str, str] = {}
  controls: dict[str, list[str]] = {}

  def expand(node):
    """Yields the nodes that take a node's place."""
    name = node.attr["f"].func.name if node.op in _CALLS else node.op
    if name not in library:
      yield node
      return
    function = library[name]
    body, flat = function_def_to_graph_def(function)
    data = [i for i in node.input if not i.startswith("^")]
    awaited = [i for i in node.input if i.startswith("^")]
    arguments = dict(
      zip((a.name for a in function.signature.input_arg), data, strict=True)
    )

    def outer(tensor):
      owner = tensor.split(":")[0]
      return arguments.get(owner) or f"{node.name}/{tensor}"

    for inner in body.node:
      if inner.name in arguments:
        continue
      inputs = [outer(i) for i in inner.input if not i.startswith("^")]
      waits = [
        f"^{node.name}/{i[1:]}"
        for i in inner.input
        if i.startswith("^") and i[1:] not in arguments
      ]
      inner.name = f"{node.name}/{inner.name}"
      del inner.input[:]
      inner.input.extend([*inputs, *waits, *awaited])
      yield from expand(inner)
    for index, output in enumerate(function.signature.output_arg):
      tensors[f"{node.name}:{index}"] = outer(flat[function.ret[output.name]])
    controls[node.name] = [
      f"{node.name}/{done}" for done in function.control_ret.values()
    ]

  nodes = [new for node in graph_def.node for new in expand(node)]

  def data_source(tensor):
    while (key := tensor if ":" in tensor else f"{tensor}:0") in tensors:
      tensor = tensors[key]
    return tensor

  def control_sources(name):
    if name not in controls:
      return [f"^{name}"]
    return [s for done in controls[name] for s in control_sources(done)]

  result = type(graph_def)()
  result.CopyFrom(graph_def)
  del result.node[:]
  result.node.extend(nodes)
  for node in result.node:
    inputs = [data_source(i) for i in node.input if not i.startswith("^")]
    waits = dict.fromkeys(
      source
      for i in node.input
      if i.startswith("^")
      for source in control_sources(i[1:])
    )
    del node.input[:]
    node.input.extend([*inputs, *waits])
  return result
