"""Ragged outputs of a module: taken apart for a network, put together as lists."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.model_dir import results
from hub_estimator.tensorflow_runtime import tf

# Between an output's name and a part's number; no name of a tensor holds it.
_PART = "\0"


def take_apart(outputs: Mapping[str, Any]) -> dict[str, tf.Tensor]:
  """Returns dense tensors by name: of RaggedTensors, values and row splits.

  Args:
    outputs: of a module, by name.

  Raises:
    UserError: an output is neither dense nor a RaggedTensor.
  """
  parts: dict[str, tf.Tensor] = {}
  for name, output in outputs.items():
    if isinstance(output, tf.RaggedTensor):
      tensors = (output.flat_values, *output.nested_row_splits)
      parts |= {f"{name}{_PART}{i}": part for i, part in enumerate(tensors)}
    elif isinstance(output, tf.Tensor):
      parts[name] = output
    else:
      raise UserError(
        f"Output {name!r} is a {type(output).__name__}; only dense and ragged "
        "ones can be written."
      )
  return parts


def put_together(parts: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
  """Returns outputs by name; ragged ones as lists, with "<name>_length".

  Args:
    parts: values of the tensors that `take_apart` returned.
  """
  found: dict[str, np.ndarray] = {}
  for part, value in parts.items():
    name, mark, _ = part.partition(_PART)
    if not mark:
      found[name] = value
    elif name not in found:
      splits: list[np.ndarray] = []
      while f"{name}{_PART}{len(splits) + 1}" in parts:
        splits.append(parts[f"{name}{_PART}{len(splits) + 1}"])
      rows = _lists(value, splits)
      found[name] = np.empty(len(rows), dtype=object)
      found[name][:] = rows
      found[f"{name}_length"] = np.diff(splits[0])
  return found


def as_lists(values: np.ndarray) -> list[Any]:
  """Returns an array as lists of numbers or text."""
  is_text = values.dtype.kind in "OSU"
  found: list[Any] = results.plain(values) if is_text else values.tolist()
  return found


def _lists(values: np.ndarray, splits: Sequence[np.ndarray]) -> list[Any]:
  """Returns values as lists, nested as the splits say, the outermost first."""
  if not splits:
    return as_lists(values)
  inner = _lists(values, splits[1:])
  bounds = splits[0].tolist()
  return [inner[a:b] for a, b in zip(bounds[:-1], bounds[1:], strict=True)]
