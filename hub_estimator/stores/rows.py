"""Rows in a file, read by position; no page of it stays in memory."""

import pathlib
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np

from hub_estimator import disk
from hub_estimator.stores import fields
from hub_estimator.stores.fields import Field, Values


def record_dtype(described: Sequence[Field]) -> np.dtype:
  """Returns the type of the fixed part of a row.

  It holds the values of fixed fields, and the number of bytes of the others, which
  follow it.
  """
  return np.dtype(
    [
      (str(i), field.dtype, field.inner)
      if field.is_fixed
      else (str(i), np.uint32)
      for i, field in enumerate(described)
    ]
  )


class Block:
  """Some rows, read as bytes.

  Attributes:
    indices: of the rows, as they were asked for.
  """

  def __init__(
    self,
    indices: slice | np.ndarray,
    described: Sequence[Field],
    rows: Sequence[bytes],
  ) -> None:
    self.indices = indices
    self._fields = described
    self._rows = rows
    dtype = record_dtype(described)
    width = dtype.itemsize
    self._records = np.frombuffer(b"".join([r[:width] for r in rows]), dtype)
    self._width = width

  def values(self, number: int) -> Values:
    """Returns the values of a field."""
    field = self._fields[number]
    if field.is_fixed:
      return np.array(self._records[str(number)]), None
    starts = np.full(len(self._rows), self._width, np.int64)
    for i, other in enumerate(self._fields[:number]):
      if not other.is_fixed:
        starts += self._records[str(i)]
    ends = starts + self._records[str(number)]
    parts = [
      row[start:end]
      for row, start, end in zip(
        self._rows, starts.tolist(), ends.tolist(), strict=True
      )
    ]
    return fields.decode(field, parts)


class Rows:
  """All rows of a store."""

  def __init__(
    self, directory: pathlib.Path, described: Sequence[Field], count: int
  ) -> None:
    """Opens the files, which may be removed while they are open.

    Args:
      directory: of the store.
      described: the fields of a row.
      count: of the rows.
    """
    self._fields = described
    self._count = count
    self._width = record_dtype(described).itemsize
    self._rows = (directory / "rows").open("rb")
    self._starts: BinaryIO | None = None
    if any(not field.is_fixed for field in described):
      self._starts = (directory / "starts").open("rb")
    # The columns of a batch are read one after the other.
    self._last: Block | None = None

  def __len__(self) -> int:
    return self._count

  def read(self, indices: slice | np.ndarray) -> Block:
    """Returns rows.

    Args:
      indices: int64 [rows], or a slice.
    """
    last = self._last
    if last is not None and _equal(last.indices, indices):
      return last
    block = Block(indices, self._fields, self._read(indices))
    self._last = block
    return block

  def _read(self, indices: slice | np.ndarray) -> list[bytes]:
    if isinstance(indices, slice):
      start, stop, step = indices.indices(self._count)
      if step == 1:
        return self._read_range(start, max(start, stop))
      indices = np.arange(start, stop, step)
    rows = np.where(indices < 0, indices + self._count, indices)
    if rows.size and not (rows.min() >= 0 and rows.max() < self._count):
      raise IndexError(f"rows {rows.min()} to {rows.max()} of {self._count}")
    if self._starts is None:
      width = self._width
      file = self._rows.fileno()
      return [disk.read_at(file, row * width, width) for row in rows.tolist()]
    file = self._starts.fileno()
    bounds = np.frombuffer(
      b"".join([disk.read_at(file, 8 * row, 16) for row in rows.tolist()]),
      np.int64,
    )
    starts = bounds[::2].tolist()
    sizes = (bounds[1::2] - bounds[::2]).tolist()
    file = self._rows.fileno()
    return [
      disk.read_at(file, start, size)
      for start, size in zip(starts, sizes, strict=True)
    ]

  def _read_range(self, start: int, stop: int) -> list[bytes]:
    if start == stop:
      return []
    if self._starts is None:
      bounds = np.arange(start, stop + 1) * self._width
    else:
      count = stop - start + 1
      content = disk.read_at(self._starts.fileno(), 8 * start, 8 * count)
      bounds = np.frombuffer(content, np.int64)
    first, *ends = bounds.tolist()
    content = disk.read_at(self._rows.fileno(), first, ends[-1] - first)
    starts = [first, *ends[:-1]]
    return [
      content[a - first : b - first] for a, b in zip(starts, ends, strict=True)
    ]


def _equal(a: slice | np.ndarray, b: slice | np.ndarray) -> bool:
  if a is b:
    return True
  if isinstance(a, slice) or isinstance(b, slice):
    return isinstance(a, slice) and isinstance(b, slice) and a == b
  return np.array_equal(a, b)
