"""Files that are read through a memory map, with a bound on the pages that stay."""

import mmap
import os
import pathlib

import numpy as np

# Reading one row may map a whole huge page around it.
_AROUND = 1 << 21
# No more than about this stays mapped.
_MOST = 1 << 26


class Pages:
  """Gives the pages of files back to the system once many were read.

  The pages of a file that is read at random would else count as memory of the
  process, up to the size of the file.
  """

  def __init__(self) -> None:
    self._bytes = 0
    self._read: set[mmap.mmap] = set()

  def count(self, mapped: mmap.mmap, n_bytes: int) -> None:
    """Counts what was read of a map.

    Args:
      mapped: the map.
      n_bytes: that may have become resident.
    """
    self._read.add(mapped)
    self._bytes += n_bytes
    if self._bytes > _MOST:
      read, self._read, self._bytes = self._read, set(), 0
      for mapped in read:
        mapped.madvise(mmap.MADV_DONTNEED)


class Mapped:
  """A file in a memory map.

  Attributes:
    bytes: its content.
  """

  def __init__(self, path: pathlib.Path, pages: Pages) -> None:
    """Maps a file, which may be removed while it is mapped.

    Args:
      path: of the file.
      pages: counts what is read.
    """
    self._pages = pages
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

  def count(self, places: int, n_bytes: int) -> None:
    """Counts what was read, so that its pages are given back.

    Args:
      places: in the file that were read.
      n_bytes: that were read in all.
    """
    if self._map is not None:
      read = min(places * _AROUND + n_bytes, len(self._map))
      self._pages.count(self._map, read)
