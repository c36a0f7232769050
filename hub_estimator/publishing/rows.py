"""Rows of word vectors, as readers of each file format yield them."""

import codecs
import contextlib
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
  """Opens a file to read; decompresses gzip, and skips a byte order mark."""
  path = os.path.expanduser(path)
  with open(path, "rb") as file:
    compressed = file.read(2) == b"\x1f\x8b"
  opened = (gzip.open if compressed else open)(path, "rb")
  # Whoever reads on reports a damaged file.
  with contextlib.suppress(OSError, EOFError):
    if opened.peek(3)[:3] == codecs.BOM_UTF8:
      opened.read(3)
  return opened


def shown(word: bytes) -> str:
  """Returns bytes as messages show them."""
  return word.decode("utf-8", "replace")
