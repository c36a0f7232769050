"""What a column of examples holds: ranges, lengths of texts, sizes of pictures."""

import dataclasses
import os

import numpy as np

from hub_estimator.inputs import Column, file_paths

# Rows that are read at once, texts and files that are looked at.
_CHUNK = 1024
_SAMPLE = 50_000
_SAMPLED_PICTURES = 1000


@dataclasses.dataclass(frozen=True)
class ColumnFacts:
  """What one column holds.

  Attributes:
    text: a sentence.
    surprises: sentences, each with what to do.
    range: the smallest and the largest number; None for text.
    word_counts: of each text; None for numbers and pictures.
  """

  text: str
  surprises: tuple[str, ...] = ()
  range: tuple[float, float] | None = None
  word_counts: np.ndarray | None = None


def describe(column: Column, *, is_text: bool) -> ColumnFacts:
  """Returns what a column holds, judged by its first rows if there are many.

  Args:
    column: of training or evaluation.
    is_text: whether strings are texts; else they are encoded pictures.
  """
  paths = file_paths(column)
  if paths is not None:
    return _describe_files(paths)
  if column.dtype.kind != "O":
    return _describe_numbers(column)
  rows = column[:_SAMPLE] if is_text else column[:_SAMPLED_PICTURES]
  return _describe_text(rows) if is_text else _describe_encoded(rows)


def compare_ranges(
  trained: tuple[float, float], found: tuple[float, float]
) -> str | None:
  """Returns what differs if numbers are of another scale than in training."""
  largest = [max(abs(low), abs(high)) for low, high in (trained, found)]
  if min(largest) * 10 >= max(largest):
    return None
  return (
    f"is {found[0]:g} to {found[1]:g}, and {trained[0]:g} to {trained[1]:g} in "
    "training; scale both in the same way."
  )


def number_range(column: Column) -> tuple[float, float] | None:
  """Returns the smallest and the largest finite number; None if there is none.

  Args:
    column: read a chunk at a time, so that no copy of it is in memory.
  """
  if column.dtype.kind not in "biuf":
    return None
  lows, highs = [], []
  for first in range(0, len(column), _CHUNK):
    rows = column[first : first + _CHUNK]
    finite = rows[np.isfinite(rows)]
    if finite.size:
      lows.append(finite.min().item())
      highs.append(finite.max().item())
  return (min(lows), max(highs)) if lows else None


def _describe_numbers(column: Column) -> ColumnFacts:
  shape = f"{column.dtype.name} {list(column.shape[1:])}"
  found = number_range(column)
  if found is None:
    return ColumnFacts(f"{shape} without a finite number.")
  low, high = found
  surprises = []
  if low == high and len(column) > 1:
    surprises.append(
      f"is {low:g} in each example, which says nothing; remove it."
    )
  bad = _count_not_finite(column)
  if bad:
    surprises.append(
      f"{bad} of {len(column)} examples hold a number that isn't finite; fill or "
      "remove them."
    )
  return ColumnFacts(
    f"{shape} from {low:g} to {high:g}.", tuple(surprises), found
  )


def _count_not_finite(column: Column) -> int:
  """Returns how many examples hold NaN or infinity."""
  if column.dtype.kind != "f":
    return 0
  bad = 0
  for first in range(0, len(column), _CHUNK):
    rows = column[first : first + _CHUNK]
    bad += int((~np.isfinite(rows.reshape(len(rows), -1)).all(axis=1)).sum())
  return bad


def _describe_text(rows: np.ndarray) -> ColumnFacts:
  flat = rows.ravel().tolist()
  counts = np.array([len(text.split()) for text in flat])
  empty = int((counts == 0).sum())
  surprises = []
  if empty:
    first = np.flatnonzero(counts == 0)[0] // rows[:1].size
    surprises.append(
      f"{empty} of {len(flat)} texts are empty, the first in example {first}; "
      "remove these rows or fill them."
    )
  return ColumnFacts(
    f"text of {counts.min()} to {counts.max()} words, {np.median(counts):g} in "
    "the middle.",
    tuple(surprises),
    word_counts=counts,
  )


def _describe_encoded(rows: np.ndarray) -> ColumnFacts:
  sizes = [len(content) for content in rows.ravel().tolist()]
  return ColumnFacts(f"encoded pictures of {min(sizes)} to {max(sizes)} bytes.")


def _describe_files(paths: np.ndarray) -> ColumnFacts:
  sizes = [os.path.getsize(path) for path in paths[:_SAMPLE]]
  endings, counts = np.unique(
    [os.path.splitext(path)[1].lower() or "no ending" for path in paths],
    return_counts=True,
  )
  kinds = ", ".join(f"{n} {e}" for e, n in zip(endings, counts, strict=True))
  return ColumnFacts(
    f"{len(paths)} files ({kinds}) of {min(sizes)} to {max(sizes)} bytes."
  )
