"""Columns in files: rows are read by position, and no column is in memory."""

import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from hub_estimator.stores.mapped import Mapped, Pages


class Numbers:
  """Numbers, or arrays of them, of one shape a row.

  Attributes:
    dtype: NumPy's.
    shape: [rows, ...].
  """

  def __init__(
    self,
    path: pathlib.Path,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    pages: Pages,
  ) -> None:
    """Opens the column.

    Args:
      path: the file of its values.
      dtype: NumPy's.
      shape: [rows, ...].
      pages: counts what is read.
    """
    self._file = Mapped(path, pages)
    self._values = self._file.array(dtype, shape)
    self.dtype = dtype
    self.shape = shape

  def __len__(self) -> int:
    return self.shape[0]

  def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
    read = np.array(self._values[rows])  # A copy, which needs no page.
    places = 1 if isinstance(rows, slice) else np.size(rows)
    self._file.count(places, read.nbytes)
    return read

  def whole(self) -> np.ndarray:
    """Returns all rows, as a view of the file."""
    return self._values


class Strings:
  """Text or bytes, or arrays of them, of one shape a row.

  Attributes:
    dtype: of objects, which are `bytes`.
    shape: [rows, ...].
  """

  dtype: np.dtype[Any] = np.dtype(object)

  def __init__(
    self,
    text: pathlib.Path,
    ends: pathlib.Path,
    shape: tuple[int, ...],
    pages: Pages,
  ) -> None:
    """Opens the column.

    Args:
      text: the file of all strings, one behind the other.
      ends: the file of their ends in it, int64.
      shape: [rows, ...].
      pages: counts what is read.
    """
    self._text = Mapped(text, pages)
    # With a first end of 0, so that each string starts where one ends.
    count = int(np.prod(shape, dtype=np.int64)) + 1
    self._ends = Numbers(ends, np.dtype(np.int64), (count,), pages)
    self._size = int(np.prod(shape[1:], dtype=np.int64))
    self.shape = shape

  def __len__(self) -> int:
    return self.shape[0]

  def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
    if isinstance(rows, slice):
      rows = np.arange(*rows.indices(len(self)))
    first = rows[:, np.newaxis] * self._size + np.arange(self._size)
    flat = first.reshape(-1)
    starts, ends = self._ends[flat], self._ends[flat + 1]
    text = self._text.bytes
    found = np.empty(flat.shape, object)
    found[:] = [
      text[start:end]
      for start, end in zip(starts.tolist(), ends.tolist(), strict=True)
    ]
    self._text.count(len(rows), int((ends - starts).sum()))
    return found.reshape(len(rows), *self.shape[1:])


def open_values(
  directory: pathlib.Path,
  number: int,
  described: Mapping[str, Any],
  pages: Pages,
) -> Numbers | Strings:
  """Returns the values of a column.

  Args:
    directory: of the store.
    number: of the column.
    described: its dtype, "string" for text, and its shape.
    pages: counts what is read.
  """
  shape = tuple(described["shape"])
  path = directory / f"{number}.values"
  if described["dtype"] == "string":
    return Strings(path, directory / f"{number}.ends", shape, pages)
  return Numbers(path, np.dtype(described["dtype"]), shape, pages)
