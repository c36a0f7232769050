"""Rows of a csv or jsonl file, a batch at a time."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError, one_line
from hub_estimator.inputs import arrays, names, number_text
from hub_estimator.inputs.account import Account
from hub_estimator.inputs.interface import Batch, FeatureSpec, spec_of
from hub_estimator.inputs.sequences import pad
from hub_estimator.inputs.text_file import Row


class Rows:
  """A stream of the rows of a text file; its features are those of the first row."""

  def __init__(
    self, path: str, read: Callable[[str, Account], Iterator[tuple[int, Row]]]
  ) -> None:
    """Reads the first row.

    Args:
      path: the file.
      read: yields (line number, row) of a file, and keeps its account.

    Raises:
      UserError: there is no row.
    """
    self.path = path
    self._read = read
    first = next(read(path, Account(path)), None)
    if first is None:
      raise UserError(f"{path} has no rows.")
    self._first = first[1]
    self.names = tuple(self._first)

  def spec(self, name: str, wanted: FeatureSpec | None) -> FeatureSpec:
    """Returns the type that a feature is read as; see `Stream`."""
    value = self._first[name]
    if wanted is None:
      return spec_of(arrays.column(name, [value], self.path))
    shape: tuple[int | None, ...] = np.shape(value)
    if len(wanted.shape) == len(shape):
      shape = wanted.shape
    return dataclasses.replace(wanted, shape=shape)

  def batches(
    self, specs: Mapping[str, FeatureSpec], batch_size: int
  ) -> Iterator[Batch]:
    """Yields arrays [batch, ...] of these features; see `Stream`."""
    account, count = Account(self.path), 0
    rows = self._read(self.path, account)
    while batch := list(itertools.islice(rows, batch_size)):
      yield {
        name: self._column(name, spec, batch) for name, spec in specs.items()
      }
      count += len(batch)
    account.close(count)

  def _column(
    self, name: str, spec: FeatureSpec, batch: Sequence[tuple[int, Row]]
  ) -> np.ndarray:
    values: list[Any] = []
    for line, row in batch:
      where = f"{self.path}, line {line}"
      value = _value(where, row, name, spec)
      if values and not _fits_beside(value, values[0], spec):
        raise UserError(
          f"{where}: {name!r} has shape {list(np.shape(value))}, and the first "
          f"row of its batch {list(np.shape(values[0]))}."
        )
      values.append(value)
    if spec.is_ragged:
      return pad([_array(value, spec) for value in values], spec)
    if spec.dtype == "string":
      flat = arrays.strings(np.ravel(values).tolist() if spec.shape else values)
      return flat.reshape(len(values), *np.shape(values[0]))
    return np.stack(values)


def _fits_beside(value: Any, first: Any, spec: FeatureSpec) -> bool:
  """Returns whether a row has the shape of another, but for lengths that vary."""
  skipped = 1 if spec.is_ragged else 0
  return np.shape(value)[skipped:] == np.shape(first)[skipped:]


def _array(value: Any, spec: FeatureSpec) -> np.ndarray:
  """Returns a list of a row as an array."""
  if spec.dtype != "string":
    return np.asarray(value)
  return arrays.text_of(np.asarray(value, dtype=str))


def _value(where: str, row: Row, name: str, spec: FeatureSpec) -> Any:
  """Returns a feature of a row: text, or an array of the wanted dtype."""
  column = names.find_name(name, row)
  if column is None:
    raise UserError(
      one_line(f"{where}: no {name!r}; it has: {', '.join(row)}.")
    )
  value = row[column]
  found = _text(value) if spec.dtype == "string" else _numbers(value, spec)
  if found is None or not spec.accepts_shape(np.shape(found)):
    raise UserError(f"{where}: {name!r} is {value!r}, and {spec} is wanted.")
  return found


def _text(value: Any) -> Any:
  """Returns text or a list of text as it is, None if it is something else."""
  if isinstance(value, str):
    return value
  if not isinstance(value, list):
    return None
  return None if any(_text(part) is None for part in value) else value


def _numbers(value: Any, spec: FeatureSpec) -> np.ndarray | None:
  """Returns numbers as the wanted dtype, None if they aren't numbers or change."""
  dtype = np.dtype(spec.dtype)
  try:
    array = np.asarray(_parsed(value, dtype))
    with np.errstate(invalid="ignore", over="ignore"):
      cast = array.astype(dtype)
  except (ValueError, TypeError, OverflowError):
    return None
  if array.dtype.kind not in "biuf":
    return None
  if dtype.kind == "f" and array.dtype.kind != "f":
    return cast  # As in training, where such a column was read as floats.
  changed = arrays.changed_row(array.reshape(1, -1), cast.reshape(1, -1))
  return cast if changed is None else None


def _parsed(value: Any, dtype: np.dtype[Any]) -> Any:
  """Returns numbers in place of text, also inside of lists."""
  if isinstance(value, list):
    return [_parsed(part, dtype) for part in value]
  if not isinstance(value, str):
    return value
  if dtype.kind != "f":
    try:
      return number_text.to_int(value)
    except ValueError:
      pass  # Perhaps 1.0.
  return number_text.to_float(value)
