"""Files that are read through a memory map, with a bound on the pages that stay."""

import mmap
import os
import pathlib

import numpy as np

# Reading one row may map this much around it, and no more than this stays mapped.
_AROUND = 1 << 16
_MOST = 1 << 25


class Mapped:
  """A file whose pages are given back to the system once many were read.

  The pages of a file that was read at random would else count as memory of the
  process, up to the size of the file.
  """

  def __init__(self, path: pathlib.Path) -> None:
    """Maps a file, which may be removed while it is mapped."""
    self._read = 0
    self._map: mmap.mmap | None = None
    self.bytes: mmap.mmap | bytes = b""
    if os.path.getsize(path):
      with path.open("rb") as file:
        self._map = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
      self.bytes = self._map

  def array(self, dtype: np.dtype, shape: tuple[int, ...]) -> np.ndarray:
    """Returns the whole file as an array that isn't writable.

    Args:
      dtype: of the numbers.
      shape: of the array.
    """
    return np.frombuffer(self.bytes, dtype).reshape(shape)

  def count(self, rows: int, n_bytes: int) -> None:
    """Counts what was read, and gives the pages back if it was much.

    Args:
      rows: places in the file that were read.
      n_bytes: that were read in all.
    """
    self._read += min(rows * _AROUND + n_bytes, len(self.bytes))
    if self._read > _MOST and self._map is not None:
      self._map.madvise(mmap.MADV_DONTNEED)
      self._read = 0
