"""A .npy file that is written batch by batch, its length unknown at first."""

import pathlib
from collections.abc import Iterable
from typing import BinaryIO

import numpy as np


def write(path: pathlib.Path, batches: Iterable[np.ndarray]) -> None:
  """Writes batches as one array, [all rows, width].

  Args:
    path: of the file.
    batches: float32 [batch, width] each; no batches make an array [0, 0].
  """
  rows, width = 0, 0
  with path.open("wb") as stream:
    _write_header(stream, 0, 0)  # Reserves its space.
    for batch in batches:
      stream.write(np.ascontiguousarray(batch, np.float32).tobytes())
      rows, width = rows + len(batch), batch.shape[1]
    stream.seek(0)
    _write_header(stream, rows, width)


def _write_header(stream: BinaryIO, rows: int, width: int) -> None:
  """Writes a header, 128 bytes whatever the shape."""
  shape = f"({rows:20d}, {width:10d})"
  text = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}"
  header = text.ljust(117) + "\n"
  stream.write(b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little"))
  stream.write(header.encode())
