"""Arrays of the values of one column, of dtypes that TensorFlow has."""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.inputs.interface import Column
from hub_estimator.inputs.sequences import Ragged


def column(
  name: str,
  values: Sequence[Any],
  source: str,
  lines: Sequence[int] | None = None,
) -> np.ndarray:
  """Returns the values of one column as an array.

  Integers and booleans become int64, other numbers float32, strings objects of
  `bytes`. Lists of equal length add a dimension.

  Args:
    name: the column, for messages.
    values: one an example.
    source: where they were read, for messages.
    lines: the line of each value, for messages; None names the example.

  Raises:
    UserError: the values are of several kinds, missing, ragged, or so large that
      they would turn into other numbers.
  """
  return _column(name, values, source, functools.partial(_place, lines))


def feature(
  name: str,
  values: Sequence[Any],
  source: str,
  lines: Sequence[int] | None = None,
) -> Column:
  """Returns the values of one feature; lists may differ in length.

  Args:
    name: the feature, for messages.
    values: one an example.
    source: where they were read, for messages.
    lines: the line of each value, for messages; None names the example.

  Raises:
    UserError: as in `column`, but for the lengths.
  """
  if not all(isinstance(v, list | np.ndarray) and _shape(v) for v in values):
    return column(name, values, source, lines)
  lengths = [len(value) for value in values]
  if len(set(lengths)) < 2:
    return column(name, values, source, lines)
  rows = np.repeat(np.arange(len(values)), lengths)
  elements = _column(
    name,
    [element for value in values for element in value],
    source,
    lambda element: _place(lines, rows[element]),
  )
  return Ragged(elements, lengths)


def _place(lines: Sequence[int] | None, row: int) -> str:
  return f"line {lines[row]}" if lines is not None else f"example {row}"


def _column(
  name: str,
  values: Sequence[Any],
  source: str,
  place: Callable[[int], str],
) -> np.ndarray:
  """Returns `column`, given what names the place of a value in messages."""
  types = {type(v) for v in values}
  if types <= {str, bytes}:
    return strings(values)
  if not types <= {bool, int, float}:
    _check_one_kind(name, values, source, place)
  try:
    array = np.asarray(values)
  except (ValueError, OverflowError):
    array = np.empty(0, object)
  if array.dtype.kind == "U":
    return text_of(array)
  _check_size(name, values, array, source, place)
  if array.dtype.kind in "biu":
    return array.astype(np.int64)
  if array.dtype.kind == "f":
    return array.astype(np.float32)
  row = next(
    (i for i, v in enumerate(values) if _shape(v) != _shape(values[0])), 0
  )
  also = f" and {values[0]!r} in {place(0)}" if row else ""
  raise UserError(
    f"{source}: {name!r} is {values[row]!r} in {place(row)}{also}; lists in a "
    "column have one depth, and only the outermost of a feature may differ in "
    "length."
  )


def _shape(value: Any) -> tuple[int, ...] | None:
  """Returns the shape of a number or of nested lists; None if lists differ in it."""
  try:
    return np.shape(value)
  except ValueError:
    return None


def changed_row(array: np.ndarray, cast: np.ndarray) -> int | None:
  """Returns the first row that a cast changed; None if it changed no value.

  A float may be rounded, but not to infinity.

  Args:
    array: [rows, ...] before the cast.
    cast: the same after it.
  """
  if (
    array.dtype == cast.dtype
    or not array.size
    or array.dtype.kind not in "biuf"
  ):
    return None
  if array.dtype.kind == "f" and cast.dtype.kind == "f":
    changed = np.isinf(cast) & np.isfinite(array)
  else:
    with np.errstate(invalid="ignore"):
      changed = (cast.astype(array.dtype) != array) | (
        (cast < 0) != (array < 0)
      )
  rows = changed.reshape(len(changed), -1).any(axis=1)
  return int(np.argmax(rows)) if rows.any() else None


def strings(values: Sequence[str | bytes]) -> np.ndarray:
  """Returns an array of `bytes` objects; text is encoded as UTF-8."""
  array = np.empty(len(values), dtype=object)
  for i, value in enumerate(values):
    array[i] = value.encode() if isinstance(value, str) else value
  return array


def text_of(array: np.ndarray) -> np.ndarray:
  """Returns NumPy's text or bytes of any shape as `bytes` objects."""
  return strings(array.reshape(-1).tolist()).reshape(array.shape)


def _check_one_kind(
  name: str,
  values: Sequence[Any],
  source: str,
  place: Callable[[int], str],
) -> None:
  """Raises a UserError unless all values, also inside of lists, are of one kind."""
  first: bool | None = None
  for row, value in enumerate(values):
    types = _types(value)
    if types & {type(None), dict}:
      raise UserError(f"{source}: {name!r} of {place(row)} is {value!r}.")
    is_text = bool(types & {str, bytes, np.str_, np.bytes_})
    if is_text and not types <= {str, bytes, np.str_, np.bytes_}:
      raise UserError(
        f"{source}: {name!r} of {place(row)} holds text and numbers: {value!r}."
      )
    if types and first is None:
      first, first_row = is_text, row
    if types and is_text != first:
      raise UserError(
        f"{source}: {name!r} is {value!r} in {place(row)} and "
        f"{values[first_row]!r} in {place(first_row)}: a column is all text or "
        "all numbers."
      )


def _types(value: Any) -> set[type]:
  """Returns the types of a value, or of all that a list holds, at any depth."""
  if isinstance(value, np.ndarray):
    return {bytes} if value.dtype.kind in "OUS" else {value.dtype.type}
  if not isinstance(value, list | tuple):
    return {type(value)}
  types = set(map(type, value))
  if types & {list, tuple, np.ndarray}:
    return set().union(*map(_types, value))
  return types


def _check_size(
  name: str,
  values: Sequence[Any],
  array: np.ndarray,
  source: str,
  place: Callable[[int], str],
) -> None:
  """Raises a UserError if int64 or float32 doesn't hold a number."""
  if array.dtype.kind in "bi" or (array.dtype.kind == "f" and not array.size):
    return
  if array.dtype.kind == "f" and not (np.abs(array) >= 2.0**63).any():
    return
  for row, value in enumerate(values):
    for number in _flat(value):
      if isinstance(number, int | np.integer) and not (
        -(2**63) <= int(number) < 2**63
      ):
        raise UserError(
          f"{source}: {name!r} of {place(row)} is {number}, which int64 doesn't "
          "hold; write it as text."
        )
  if array.dtype.kind == "f":
    with np.errstate(over="ignore"):
      changed = changed_row(array, array.astype(np.float32))
    if changed is not None:
      raise UserError(
        f"{source}: {name!r} of {place(changed)} is {values[changed]}, which "
        "float32 doesn't hold."
      )


def _flat(value: Any) -> Iterator[Any]:
  if isinstance(value, list | tuple):
    for part in value:
      yield from _flat(part)
  elif isinstance(value, np.ndarray):
    yield from value.ravel().tolist()
  else:
    yield value
