"""Arrays of an npz file that isn't compressed, read where they are."""

import os
import struct
import zipfile
from typing import IO, Any

import numpy as np

from hub_estimator import disk
from hub_estimator.errors import UserError
from hub_estimator.inputs import arrays

# Of a file in a zip archive, before its name: the lengths of name and extra field.
_LOCAL_HEADER = struct.Struct("<26xHH")


class NpyColumn:
  """Rows of an array in a file; none of it stays in memory.

  Attributes:
    dtype: NumPy's, as `plain` returns the array.
    shape: [rows, ...].
  """

  def __init__(self, path: str, name: str) -> None:
    """Finds the array.

    Args:
      path: of the npz file.
      name: of the array.

    Raises:
      ValueError: the array is compressed, or its rows are scattered.
    """
    self._what = f"{path}: {name!r}"
    with zipfile.ZipFile(path) as archive:
      info = archive.getinfo(f"{name}.npy")
      with archive.open(info) as member:
        shape, by_column, stored = read_header(member)
        header_bytes = member.tell()
    if info.compress_type != zipfile.ZIP_STORED or by_column:
      raise ValueError(f"{self._what} can't be read in place")
    self._file = open(path, "rb")  # noqa: SIM115  As long as the column lives.
    local = os.pread(
      self._file.fileno(), _LOCAL_HEADER.size, info.header_offset
    )
    self._start = info.header_offset + _LOCAL_HEADER.size + header_bytes
    self._start += sum(_LOCAL_HEADER.unpack(local))
    self._stored = stored
    self._width = int(np.prod(shape[1:], dtype=np.int64)) * stored.itemsize
    self.dtype: np.dtype[Any] = plain(np.empty(0, stored), self._what).dtype
    self.shape: tuple[int, ...] = shape

  def __len__(self) -> int:
    return self.shape[0]

  def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
    if isinstance(rows, slice) and rows.step in (None, 1):
      first, stop, _ = rows.indices(len(self))
      content = self._read(first, max(0, stop - first))
    else:
      indices = np.arange(len(self))[rows] if isinstance(rows, slice) else rows
      first = int(indices[0]) if len(indices) else 0
      content = b"".join([self._read(row, 1) for row in indices.tolist()])
    found = np.frombuffer(content, self._stored)
    return plain(found.reshape(-1, *self.shape[1:]), self._what, first)

  def _read(self, row: int, count: int) -> bytes:
    place = self._start + row % len(self) * self._width
    return disk.read_at(self._file.fileno(), place, count * self._width)


def read_header(
  member: IO[bytes],
) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
  """Returns (shape, whether it is stored by column, dtype) of an array in a file."""
  version = np.lib.format.read_magic(member)
  read = (
    np.lib.format.read_array_header_1_0
    if version == (1, 0)
    else np.lib.format.read_array_header_2_0
  )
  return read(member)


def plain(array: np.ndarray, what: str, first: int = 0) -> np.ndarray:
  """Returns an array with text as bytes, and float64 as float32.

  Args:
    array: [rows, ...].
    what: it is, for messages.
    first: the number of the first row, for messages.

  Raises:
    UserError: float32 doesn't hold a number.
  """
  if array.dtype.kind in "US":
    return arrays.text_of(array)
  if array.dtype != np.float64:
    return array
  with np.errstate(over="ignore"):
    cast = array.astype(np.float32)
  row = arrays.changed_row(array, cast) if array.size and array.ndim else None
  if row is not None:
    raise UserError(
      f"{what} of example {first + row} is {array[row].tolist()}, which float32 "
      "doesn't hold."
    )
  return cast
