"""Reads word vectors from .npy and their words from a file of lines."""

import os
from collections.abc import Iterator

import numpy as np

from hub_estimator.errors import UserError, one_line
from hub_estimator.publishing.rows import Row, open_file

_ROWS_AT_ONCE = 4096


def read(path: str, vocabulary: str) -> Iterator[Row]:
  """Yields the rows of an array.

  Args:
    path: .npy, floats [words, width].
    vocabulary: a file with one word per line, for each row one.

  Raises:
    UserError: a file can't be read, the array isn't of floats or hasn't two
      dimensions, or the numbers of words and rows differ.
  """
  array = _map(os.path.expanduser(path))
  count = 0
  with open_file(vocabulary) as words:
    for values in _array_rows(os.path.expanduser(path), array):
      word = words.readline()
      if not word:
        break
      count += 1
      yield Row(word.rstrip(b" \t\r\n"), values, f"{vocabulary}, line {count}")
    more = sum(1 for _ in words)
  if more or count < len(array):
    raise UserError(
      f"{vocabulary} has {count + more} words, but {path} has {len(array)} rows."
    )


def _map(path: str) -> np.memmap:
  try:
    array = np.load(path, mmap_mode="r")
  except (OSError, ValueError) as error:
    raise UserError(f"{path}: {one_line(error)}") from error
  if array.ndim != 2 or array.dtype.kind != "f":
    raise UserError(
      f"{path} contains {array.dtype} {list(array.shape)}, not floats [words, "
      "width]."
    )
  return array


def _array_rows(path: str, array: np.memmap) -> Iterator[np.ndarray]:
  """Yields float32 rows of a mapped file."""
  if not array.flags.c_contiguous:
    # The file is stored column by column: only the map can yield rows.
    for first in range(0, len(array), _ROWS_AT_ONCE):
      chunk = array[first : first + _ROWS_AT_ONCE]
      yield from chunk.astype(np.float32, order="C")
    return
  # Mapped pages would count as this process's memory; pages that are read don't.
  with open(path, "rb") as file:
    file.seek(array.offset)
    for _ in range(len(array)):
      content = file.read(array.shape[1] * array.dtype.itemsize)
      yield np.frombuffer(content, array.dtype).astype(np.float32)
