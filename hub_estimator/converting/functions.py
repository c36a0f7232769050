"""Names of a graph's functions that no other graph's functions have.

In eager mode all functions of a process share one space of names, and two modules may
both have a function "cond_true_3".
"""

import itertools
from collections.abc import Iterator

from hub_estimator.tensorflow_runtime import tf

_numbers = itertools.count()


def rename_functions(graph_def: tf.GraphDef) -> None:
  """Gives the functions in a graph's library new names, everywhere in the graph.

  Args:
    graph_def: the graph; it is changed.
  """
  number = next(_numbers)
  library = graph_def.library
  new = {
    f.signature.name: f"{f.signature.name}_converted_{number}"
    for f in library.function
  }
  for function in library.function:
    function.signature.name = new[function.signature.name]
  for gradient in library.gradient:
    for field in ("function_name", "gradient_func"):
      old = getattr(gradient, field)
      setattr(gradient, field, new.get(old, old))
  for node in _nodes(graph_def):
    node.op = new.get(node.op, node.op)
    for value in node.attr.values():
      for called in (value.func, *value.list.func):
        if called.name in new:
          called.name = new[called.name]


def _nodes(graph_def: tf.GraphDef) -> Iterator[tf.NodeDef]:
  yield from graph_def.node
  for function in graph_def.library.function:
    yield from function.node_def
