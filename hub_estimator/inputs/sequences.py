"""Lists of different lengths: columns that pad the rows that are read together."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from hub_estimator.inputs.interface import Column, FeatureSpec, spec_of


class Ragged:
  """Lists of different lengths, each read batch padded to its longest.

  Attributes:
    values: of all lists, one after the other, [values, ...].
    lengths: int64 [examples].
  """

  def __init__(
    self, values: Column, lengths: Sequence[int] | np.ndarray
  ) -> None:
    """Makes the column.

    Args:
      values: of all lists, one after the other, [values, ...].
      lengths: of the lists.
    """
    self.values = values
    self.lengths = np.asarray(lengths, dtype=np.int64)
    self._starts = np.cumsum(self.lengths) - self.lengths
    self.dtype: np.dtype[Any] = values.dtype
    self.shape: tuple[int | None, ...] = (
      len(self.lengths),
      None,
      *values.shape[1:],
    )

  def __len__(self) -> int:
    return len(self.lengths)

  def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
    lengths, starts = self.lengths[rows], self._starts[rows]
    # At least one position: some modules fail without any.
    places = np.arange(lengths.max(initial=1))
    inside = places < lengths[:, np.newaxis]
    padded = np.full(
      (*inside.shape, *self.values.shape[1:]),
      spec_of(self).padding,
      self.dtype,
    )
    padded[inside] = self.values[(starts[:, np.newaxis] + places)[inside]]
    return padded


class Lists:
  """Another column as lists of any length, perhaps for a sparse input.

  Attributes:
    lengths: int64 [examples].
    sparse: whether padding is that of sparse features; see `FeatureSpec.padding`.
  """

  def __init__(self, column: Column, *, open: bool, sparse: bool) -> None:
    """Makes the column.

    Args:
      column: the other column, of two dimensions or more.
      open: whether other rows may have other lengths.
      sparse: whether a sparse input reads it.
    """
    self._column = column
    self.lengths = lengths_of(column)
    self.sparse = sparse
    self.dtype = column.dtype
    self.shape: tuple[int | None, ...] = column.shape
    if open:
      self.shape = (len(column), None, *column.shape[2:])

  def __len__(self) -> int:
    return len(self._column)

  def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
    read = self._column[rows]
    if not self.sparse or read.ndim < 2 or self._column.shape[1] is not None:
      return read
    places = np.arange(read.shape[1])
    behind = places >= self.lengths[rows][:, np.newaxis]
    if not behind.any():
      return read
    padded = np.array(read)
    padded[behind] = spec_of(self).padding
    return padded


def lengths_of(column: Column) -> np.ndarray:
  """Returns the length of each row's list, int64; 1 for single values."""
  found = getattr(column, "lengths", None)
  if found is not None:
    return np.asarray(found)
  length = column.shape[1] if len(column.shape) > 1 else 1
  return np.full(len(column), length, np.int64)


def values_of(column: Column, rows: slice) -> np.ndarray:
  """Returns rows; of lists of different lengths, all that they hold, flat.

  Args:
    column: with or without padding.
    rows: to read.
  """
  read = column[rows]
  if None not in column.shape:
    return read
  places = np.arange(read.shape[1])
  return read[places < lengths_of(column)[rows][:, np.newaxis]]


def pad(rows: Sequence[np.ndarray], spec: FeatureSpec) -> np.ndarray:
  """Returns arrays of different lengths as one, [rows, longest, ...].

  Args:
    rows: [length, ...], equal in the other dimensions.
    spec: type of one row.
  """
  lengths = [len(row) for row in rows]
  inner = rows[0].shape[1:]
  padded = np.full(
    (len(rows), max(1, *lengths), *inner), spec.padding, rows[0].dtype
  )
  for place, row in zip(padded, rows, strict=True):
    place[: len(row)] = row
  return padded
