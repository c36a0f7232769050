"""Rows of word vectors, as readers of each file format yield them."""

import gzip
import io
import os
from typing import NamedTuple

import numpy as np


class Row(NamedTuple):
  """A word and its vector.

  Attributes:
    word: in UTF-8.
    values: float32 [width], or the reason why the row has none.
    where: the row's place in its file.
  """

  word: bytes
  values: np.ndarray | str
  where: str


def open_file(path: str) -> io.BufferedIOBase:
  """Opens a file to read; decompresses gzip."""
  path = os.path.expanduser(path)
  with open(path, "rb") as file:
    compressed = file.read(2) == b"\x1f\x8b"
  if compressed:
    return gzip.open(path, "rb")
  return open(path, "rb")


def shown(word: bytes) -> str:
  """Returns bytes as messages show them."""
  return word.decode("utf-8", "replace")
