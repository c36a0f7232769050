"""Arrays of the values of one column, of dtypes that TensorFlow has."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.inputs.interface import Column
from hub_estimator.inputs.sequences import Ragged


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


def feature(name: str, values: Sequence[Any], source: str) -> Column:
  """Returns the values of one feature; lists may differ in length.

  Args:
    name: the feature, for messages.
    values: one an example.
    source: where they were read, for messages.

  Raises:
    UserError: as in `column`, but for the lengths.
  """
  lengths = {len(v) if isinstance(v, list) else None for v in values}
  if None in lengths or len(lengths) < 2:
    return column(name, values, source)
  flat = [element for value in values for element in value]
  try:
    elements = column(name, flat, source)
  except UserError as error:
    raise UserError(
      f"{source}: the lists of {name!r} hold values of several kinds, or lists "
      "of different lengths."
    ) from error
  return Ragged(elements, [len(value) for value in values])


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
