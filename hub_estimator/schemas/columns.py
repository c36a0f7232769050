"""What a column of examples holds: ranges, lengths of texts, sizes of pictures."""

import dataclasses
import os
from collections.abc import Sequence

import numpy as np

from hub_estimator import pictures
from hub_estimator.inputs import (
  Column,
  file_paths,
  lengths_of,
  number_facts,
  values_of,
)

# Rows that are read at once, texts and files that are looked at.
_CHUNK = 1024
_SAMPLE = 50_000
_SAMPLED_PICTURES = 1000
# The bytes of a file that say the size of a picture, behind data about it.
_HEADER_BYTES = 1 << 18


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
  if None in column.shape:
    return _describe_lists(column)
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
    column: read a chunk at a time, so that no copy of it is in memory. Padding
      isn't among its numbers.
  """
  if column.dtype.kind not in "biuf":
    return None
  facts = number_facts(column)
  if facts is not None:
    return facts.range
  lows, highs = [], []
  for first in range(0, len(column), _CHUNK):
    rows = values_of(column, slice(first, first + _CHUNK))
    finite = rows[np.isfinite(rows)]
    if finite.size:
      lows.append(finite.min().item())
      highs.append(finite.max().item())
  return (min(lows), max(highs)) if lows else None


def _describe_lists(column: Column) -> ColumnFacts:
  """Returns what lists of different lengths hold, and how long they are."""
  lengths = lengths_of(column)
  held = (
    ColumnFacts(f"string {list(column.shape[1:])}.")
    if column.dtype.kind == "O"
    else _describe_numbers(column)
  )
  empty = np.flatnonzero(lengths == 0)
  surprises = held.surprises
  if empty.size:
    surprises += (
      f"{empty.size} of {len(lengths)} lists are empty, the first in example "
      f"{empty[0]}; remove these rows or fill them.",
    )
  return dataclasses.replace(
    held,
    text=f"{held.text} Lists of {lengths.min()} to {lengths.max()} values, "
    f"{np.median(lengths):g} in the middle.",
    surprises=surprises,
  )


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
  facts = number_facts(column)
  if facts is not None:
    return facts.not_finite
  bad = 0
  for first in range(0, len(column), _CHUNK):
    chunk = slice(first, first + _CHUNK)
    values = values_of(column, chunk)
    wrong = (~np.isfinite(values)).any(axis=tuple(range(1, values.ndim)))
    if None in column.shape:
      lengths = lengths_of(column)[chunk]
      wrong = (
        np.bincount(np.repeat(np.arange(len(lengths)), lengths), wrong) > 0
      )
    bad += int(wrong.sum())
  return bad


def _describe_text(rows: np.ndarray) -> ColumnFacts:
  flat = rows.ravel().tolist()
  counts = np.array([len(text.split()) for text in flat])
  # In a list, empty text may be padding.
  empty = np.flatnonzero(~counts.reshape(len(rows), -1).any(axis=1))
  surprises = []
  if empty.size:
    surprises.append(
      f"{empty.size} of {len(rows)} texts are empty, the first in example "
      f"{empty[0]}; remove these rows or fill them."
    )
  return ColumnFacts(
    f"text of {counts.min()} to {counts.max()} words, {np.median(counts):g} in "
    "the middle.",
    tuple(surprises),
    word_counts=counts,
  )


def _describe_encoded(rows: np.ndarray) -> ColumnFacts:
  sizes = [len(content) for content in rows.ravel().tolist()]
  return ColumnFacts(
    f"encoded pictures of {min(sizes)} to {max(sizes)} bytes"
    f"{_sizes(rows.ravel().tolist())}."
  )


def _describe_files(paths: np.ndarray) -> ColumnFacts:
  sizes = [os.path.getsize(path) for path in paths[:_SAMPLE]]
  endings, counts = np.unique(
    [os.path.splitext(path)[1].lower() or "no ending" for path in paths],
    return_counts=True,
  )
  kinds = ", ".join(f"{n} {e}" for e, n in zip(endings, counts, strict=True))
  every = -(-len(paths) // _SAMPLED_PICTURES)
  looked_at = _sizes([_header(path) for path in paths[::every]])
  return ColumnFacts(
    f"{len(paths)} files ({kinds}) of {min(sizes)} to {max(sizes)} bytes"
    f"{looked_at}."
  )


def _header(path: str) -> bytes:
  with open(path, "rb") as file:
    return file.read(_HEADER_BYTES)


def _sizes(contents: Sequence[bytes]) -> str:
  """Returns how high and wide pictures are, to be put behind other facts."""
  found = [size for size in map(pictures.size_of, contents) if size]
  if not found:
    return ""
  heights, widths = np.array(found).T
  return (
    f", {heights.min()} to {heights.max()} pixels high and {widths.min()} to "
    f"{widths.max()} wide, {np.median(heights):g} by {np.median(widths):g} in the "
    "middle"
  )
