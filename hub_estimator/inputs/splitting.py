"""An input that holds a share of another's rows: for training, or for evaluation."""

import dataclasses
import hashlib
import os
from collections.abc import Iterator
from typing import Any

import gin
import numpy as np

from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs.columns import file_paths
from hub_estimator.inputs.interface import Column, Examples, Input
from hub_estimator.inputs.rearranging import select
from hub_estimator.inputs.sequences import lengths_of, values_of

_PARTS = ("train", "eval")
_CHUNK_ROWS = 4096


@gin.register("split", module="inputs")
@dataclasses.dataclass(frozen=True)
class Split:
  """The rows of an input that are for training, or those that are for evaluation.

  A hash of a row's features decides. So a row stays in its part whichever others come
  or go, and rows with equal features are in the same part. Of an image, the names of
  file and folder count.

  Attributes:
    source: the input.
    part: "train" or "eval".
    eval_percent: the share of the rows that is "eval".
  """

  source: Input
  part: str
  eval_percent: float = 20.0

  def __post_init__(self) -> None:
    if self.part not in _PARTS:
      raise UserError(
        f"split.part is {self.part!r}: {nearest(self.part, _PARTS)}"
      )
    if not 0 < self.eval_percent < 100:
      raise UserError(
        f"split.eval_percent is {self.eval_percent!r}; it is between 0 and 100."
      )

  def read(self) -> Examples:
    """Returns the rows of this part, in the source's order.

    Raises:
      UserError: there are none.
    """
    read = self.source.read()
    is_eval = _shares(read) < self.eval_percent / 100
    rows = np.flatnonzero(is_eval == (self.part == "eval"))
    if not rows.size:
      raise UserError(
        f"inputs.split: none of the {len(read)} rows of {read.source} is in the part "
        f"{self.part!r}; change split.eval_percent, or name a file of your own for it."
      )
    return select(read, rows, f"{read.source} ({self.part})")


def _shares(examples: Examples) -> np.ndarray:
  """Returns a number of [0, 1) for each row, by a hash of its features."""
  hashes = [hashlib.blake2b(digest_size=8) for _ in range(len(examples))]
  for name in sorted(examples.features):
    for row, content in enumerate(_contents(examples.features[name])):
      # The length, so that ("a", "bc") isn't ("ab", "c").
      hashes[row].update(b"%d:%s" % (len(content), content))
  # The first 8 bytes as a share of the largest value that they can have.
  return np.array(
    [int.from_bytes(h.digest(), "big") / 2**64 for h in hashes], np.float64
  )


def _contents(column: Column) -> Iterator[bytes]:
  """Yields each row as bytes."""
  paths = file_paths(column)
  if paths is not None:
    for path in paths:
      folder, name = os.path.split(path)
      yield os.path.join(os.path.basename(folder), name).encode(
        errors="replace"
      )
    return
  for first in range(0, len(column), _CHUNK_ROWS):
    rows = slice(first, first + _CHUNK_ROWS)
    values: Any = values_of(column, rows)
    if None in column.shape:  # Without padding, which depends on other rows.
      values = np.split(values, np.cumsum(lengths_of(column)[rows])[:-1])
    for value in values:
      if isinstance(value, bytes):
        yield value
      elif column.dtype.kind == "O":
        yield b"".join(b"%d:%s" % (len(v), v) for v in np.ravel(value).tolist())
      else:
        yield np.asarray(value).tobytes()
