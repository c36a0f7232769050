"""Arrays of the values of one column, of dtypes that TensorFlow has."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError


def column(name: str, values: Sequence[Any], source: str) -> np.ndarray:
  """Returns the values of one column as an array.

  Integers and booleans become int64, other numbers float32, strings objects of
  `bytes`. Lists of equal length add a dimension.

  Args:
    name: the column, for messages.
    values: one an example.
    source: where they were read, for messages.

  Raises:
    UserError: the values are of several kinds, missing, or ragged.
  """
  if {type(v) for v in values} <= {str, bytes}:
    return strings(values)
  _check_one_kind(name, values, source)
  try:
    array = np.asarray(values)
  except ValueError:
    array = np.empty(0, object)
  if array.dtype.kind == "U":
    return text_of(array)
  if array.dtype.kind in "biu":
    return array.astype(np.int64)
  if array.dtype.kind == "f":
    return array.astype(np.float32)
  raise UserError(
    f"{source}: the lists of {name!r} differ in length or in kind."
  )


def strings(values: Sequence[str | bytes]) -> np.ndarray:
  """Returns an array of `bytes` objects; text is encoded as UTF-8."""
  array = np.empty(len(values), dtype=object)
  for i, value in enumerate(values):
    array[i] = value.encode() if isinstance(value, str) else value
  return array


def text_of(array: np.ndarray) -> np.ndarray:
  """Returns NumPy's text or bytes of any shape as `bytes` objects."""
  return strings(array.reshape(-1).tolist()).reshape(array.shape)


def _check_one_kind(name: str, values: Sequence[Any], source: str) -> None:
  for row, value in enumerate(values):
    if value is None or isinstance(value, dict):
      raise UserError(f"{source}: {name!r} of example {row} is {value!r}.")
    if isinstance(value, str) != isinstance(values[0], str):
      raise UserError(
        f"{source}: {name!r} is {value!r} in example {row} and {values[0]!r} in "
        "example 0: a column is all text or all numbers."
      )
