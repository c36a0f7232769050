"""Rows of a csv or jsonl file, a batch at a time."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.inputs import arrays
from hub_estimator.inputs.interface import Batch, FeatureSpec, spec_of
from hub_estimator.inputs.sequences import pad
from hub_estimator.inputs.text_file import Row


class Rows:
  """A stream of the rows of a text file; its features are those of the first row."""

  def __init__(
    self, path: str, read: Callable[[str], Iterator[tuple[int, Row]]]
  ) -> None:
    """Reads the first row.

    Args:
      path: the file.
      read: yields (line number, row) of a file.

    Raises:
      UserError: there is no row.
    """
    self.path = path
    self._read = read
    first = next(read(path), None)
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
    rows = self._read(self.path)
    while batch := list(itertools.islice(rows, batch_size)):
      yield {
        name: self._column(name, spec, batch) for name, spec in specs.items()
      }

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
  if name not in row:
    raise UserError(f"{where}: no {name!r}; it has: {', '.join(row)}.")
  value = row[name]
  found = _text(value) if spec.dtype == "string" else _numbers(value, spec)
  if found is None or not spec.accepts_shape(np.shape(found)):
    raise UserError(f"{where}: {name!r} is {value!r}, and {spec} is wanted.")
  return found


def _text(value: Any) -> Any:
  """Returns text or a list of text as it is, None if it is something else."""
  if not np.shape(value):
    return value if type(value) is str else None
  kinds = {type(v) for v in np.ravel(value).tolist()}
  return value if kinds <= {str} else None


def _numbers(value: Any, spec: FeatureSpec) -> np.ndarray | None:
  """Returns numbers as the wanted dtype, None if they aren't numbers or change."""
  try:
    array = np.asarray(value)
    if array.dtype.kind == "U":
      array = array.astype(np.float64)
    cast = array.astype(spec.dtype)
  except (ValueError, TypeError):
    return None
  if array.dtype.kind not in "biuf":
    return None
  if np.dtype(spec.dtype).kind != "f" and not np.array_equal(cast, array):
    return None
  return cast
