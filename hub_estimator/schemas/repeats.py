"""Examples that are repeated, and those that are in training and in evaluation."""

import collections
import dataclasses
import os
from collections.abc import Collection, Sequence

import numpy as np

from hub_estimator.inputs import (
  Column,
  Examples,
  file_paths,
  lengths_of,
  values_of,
)

# Beyond this many rows or files, only the first ones are compared.
_MOST_ROWS = 200_000
_MOST_FILES = 20_000
_CHUNK_ROWS = 4096


@dataclasses.dataclass(frozen=True)
class Repeats:
  """Examples that equal others in all features that the model reads.

  Attributes:
    compared: the examples of training and of evaluation that were compared.
    train: how many of training repeat an earlier one.
    example: two rows of training that are equal, None if there are none.
    contradicting: how many of training have another label than an equal one.
    shared: how many of evaluation are also in training.
    shared_row: one row of evaluation that is, None if there is none.
  """

  compared: tuple[int, int]
  train: int
  example: tuple[int, int] | None
  contradicting: int
  shared: int
  shared_row: int | None


def find(
  train: Examples, evaluation: Examples, names: Collection[str]
) -> Repeats:
  """Returns which examples repeat others; the time is linear in their number.

  Args:
    train: the examples of training.
    evaluation: the examples of evaluation.
    names: the features to compare.
  """
  keys = _keys([train, evaluation], sorted(names))
  first: dict[int, int] = {}
  repeated, contradicting, example = 0, 0, None
  labels = train.labels if isinstance(train.labels, np.ndarray) else None
  for row, key in enumerate(keys[0]):
    earlier = first.setdefault(key, row)
    if earlier != row:
      repeated += 1
      example = example or (earlier, row)
      if labels is not None and not np.array_equal(
        labels[row], labels[earlier]
      ):
        contradicting += 1
  shared = [row for row, key in enumerate(keys[1]) if key in first]
  return Repeats(
    (len(keys[0]), len(keys[1])),
    repeated,
    example,
    contradicting,
    len(shared),
    shared[0] if shared else None,
  )


def _keys(parts: Sequence[Examples], names: Sequence[str]) -> list[list[int]]:
  """Returns a hash of each example of each part."""
  columns = []
  for name in names:
    paths = [file_paths(part.features[name]) for part in parts]
    if all(found is not None for found in paths):
      columns.append(_file_keys([p for p in paths if p is not None]))
    else:
      columns.append([_row_keys(part.features[name]) for part in parts])
  return [
    [hash(row) for row in zip(*(column[i] for column in columns), strict=False)]
    for i in range(len(parts))
  ]


def _row_keys(column: Column) -> list[int]:
  keys: list[int] = []
  for first in range(0, min(len(column), _MOST_ROWS), _CHUNK_ROWS):
    rows = _rows(column, slice(first, first + _CHUNK_ROWS))
    if column.dtype.kind == "O":
      keys += [
        hash(
          tuple(row.ravel().tolist()) if isinstance(row, np.ndarray) else row
        )
        for row in rows
      ]
    else:
      keys += [hash(row.tobytes()) for row in rows]
  return keys


def _rows(column: Column, rows: slice) -> Sequence[np.ndarray] | np.ndarray:
  """Returns each row without padding, which depends on what is read beside it."""
  values = values_of(column, rows)
  if None not in column.shape:
    return values
  return np.split(values, np.cumsum(lengths_of(column)[rows])[:-1])


def _file_keys(parts: Sequence[np.ndarray]) -> list[list[int]]:
  """Returns hashes of files: of the contents only if two have the same size."""
  parts = [paths[:_MOST_FILES] for paths in parts]
  sizes = {path: os.path.getsize(path) for paths in parts for path in paths}
  of_size = collections.Counter(sizes.values())
  keys = {
    path: hash((size, _content_key(path) if of_size[size] > 1 else path))
    for path, size in sizes.items()
  }
  return [[keys[path] for path in paths] for paths in parts]


def _content_key(path: str) -> int:
  with open(path, "rb") as file:
    return hash(file.read())
