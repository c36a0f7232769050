"""What a column of examples holds: ranges, lengths of texts, sizes of pictures."""

import dataclasses
import os

import numpy as np

from hub_estimator.inputs import Column, file_paths

_SAMPLE = 50_000


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
  rows = column[:_SAMPLE]
  if rows.dtype.kind == "O":
    return _describe_text(rows) if is_text else _describe_encoded(rows)
  return _describe_numbers(rows)


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


def _describe_numbers(rows: np.ndarray) -> ColumnFacts:
  finite = rows[np.isfinite(rows)] if rows.dtype.kind == "f" else rows
  shape = f"{rows.dtype.name} {list(rows.shape[1:])}"
  surprises = []
  if finite.size < rows.size:
    surprises.append(
      f"{rows.size - finite.size} of {rows.size} numbers aren't finite; fill or "
      "remove them."
    )
  if not finite.size:
    return ColumnFacts(f"{shape}.", tuple(surprises))
  low, high = finite.min().item(), finite.max().item()
  if low == high and len(rows) > 1:
    surprises.append(
      f"is {low:g} in each example, which says nothing; remove it."
    )
  return ColumnFacts(
    f"{shape} from {low:g} to {high:g}.", tuple(surprises), (low, high)
  )


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
