"""Parts of stored graphs, imported into functions of TensorFlow 2."""

from collections.abc import Mapping
from typing import Any

from hub_estimator.converting.parts import Part
from hub_estimator.tensorflow_runtime import tf


def import_part(
  part: Part, starts: Mapping[str, tf.Tensor]
) -> tuple[list[tf.Tensor], list[tf.Operation]]:
  """Adds a part to the function that is being traced; returns (outputs, ops).

  Args:
    part: what to add.
    starts: the tensors to put in the place of the part's starts, by name; further
      ones are ignored. Tensors of other graphs become inputs of the function.
  """
  graph = tf.get_default_graph()
  given = {
    name: graph.capture(starts[name]) for name in part.starts | part.passed
  }
  computed = [name for name in part.outputs if name not in part.passed]
  found = tf.import_graph_def(
    part.graph_def,
    {name: given[name] for name in part.starts},
    [*computed, *part.ops],
    name="module",
  )
  given.update(zip(computed, found, strict=False))
  return [given[name] for name in part.outputs], found[len(computed) :]


def wrap_part(
  part: Part,
  inputs: Mapping[str, tf.TensorSpec],
  captured: Mapping[str, tf.Tensor],
) -> Any:
  """Returns a part as a function of tensors, in the order of `inputs`.

  It runs as `session.run` runs it: what the outputs and the part's ops need, in any
  order that the graph allows.

  Args:
    part: its outputs are what the function returns, as a list.
    inputs: the types of the starts that are arguments, by name.
    captured: the other starts.
  """

  def run(*tensors: tf.Tensor) -> list[tf.Tensor]:
    given = dict(zip(inputs, tensors, strict=True))
    outputs, ops = import_part(part, {**captured, **given})
    with tf.control_dependencies(ops):
      return [tf.identity(tensor) for tensor in outputs]

  return tf.wrap_function(run, list(inputs.values()))
