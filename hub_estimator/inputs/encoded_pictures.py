"""Columns of encoded pictures: which rows can't be decoded."""

from collections.abc import Mapping

import numpy as np

from hub_estimator import pictures
from hub_estimator.inputs.interface import Column

# Rows that show whether a column holds pictures.
_LOOKED_AT = 16


def find_damaged(columns: Mapping[str, Column]) -> dict[int, str]:
  """Returns what is wrong with rows whose picture can't be decoded, by row.

  A column holds pictures if one of its first rows begins like one.

  Args:
    columns: arrays by name; others than those of bytes are passed over.
  """
  found: dict[int, str] = {}
  for name, column in columns.items():
    if not isinstance(column, np.ndarray) or not _holds_pictures(column):
      continue
    reads = [lambda content=content: content for content in column]
    damage = pictures.find_damage(reads, what="checking images")
    for row, problem in enumerate(damage):
      if problem:
        found.setdefault(row, f"{name!r}: {problem}")
  return found


def _holds_pictures(column: np.ndarray) -> bool:
  if column.dtype.kind != "O" or column.ndim != 1:
    return False
  return any(
    isinstance(content, bytes)
    and pictures.kind_of(content[: pictures.HEADER_BYTES])
    for content in column[:_LOOKED_AT]
  )
