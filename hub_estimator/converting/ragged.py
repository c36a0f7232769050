"""RaggedTensors among outputs: whole in calls, their parts in signatures."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub_estimator.tensorflow_runtime import tf


def put_together(parts: Sequence[Any], *, is_ragged: bool) -> Any:
  """Returns an output from its tensors.

  Args:
    parts: the tensor; or of a RaggedTensor, the values and the row splits, the
      outermost first.
    is_ragged: which it is.
  """
  if not is_ragged:
    (tensor,) = parts
    return tensor
  return tf.RaggedTensor.from_nested_row_splits(
    parts[0], list(parts[1:]), validate=False
  )


def ragged_parts(name: str, parts: Sequence[Any]) -> list[str]:
  """Returns the names of a RaggedTensor's parts in a signature.

  Args:
    name: of the output.
    parts: as many as it has.
  """
  splits = (f"{name}_row_splits_{i}" for i in range(len(parts) - 1))
  return [f"{name}_values", *splits]


def take_apart(outputs: Mapping[str, Any]) -> dict[str, Any]:
  """Returns outputs as a signature has them: dense tensors by name."""
  found: dict[str, Any] = {}
  for name, output in outputs.items():
    if isinstance(output, tf.RaggedTensor):
      parts = [output.flat_values, *output.nested_row_splits]
      found |= dict(zip(ragged_parts(name, parts), parts, strict=True))
    else:
      found[name] = output
  return found
