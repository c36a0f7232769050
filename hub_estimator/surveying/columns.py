"""What a column holds: its kind, its gaps, its values."""

import collections
import dataclasses
import os
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

# Kinds, each a word that people read.
NUMBER, INTEGER, TEXT, NAME = "number", "integer", "text", "name"
ID, FILE, LIST, ARRAY, EMPTY = "id", "image file", "list", "array", "empty"

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]*)?([eE][-+]?[0-9]{1,2})?")
_IMAGE_ENDINGS = (".jpg", ".jpeg", ".png", ".gif", ".bmp", ".webp")
_ID_NAMES = re.compile(
  r"(^|_|\b)(id|uid|uuid|guid|key|index|nr)$", re.IGNORECASE
)
_SHOWN = 12
_EXAMPLES = 3
# Names repeat and are short; texts differ, or have more words.
_WORDS_OF_NAMES = 4
_MOST_SHARE_OF_NAMES = 0.5


@dataclasses.dataclass(frozen=True)
class Column:
  """What one column holds.

  Attributes:
    name: of the column.
    kind: "number", "integer", "text", "name" for short text that repeats, "id" for
      values that all differ and say nothing, "image file", "list", "array" or "empty".
    rows: how many there are.
    missing: how many of them are blank or absent.
    distinct: how many values there are; None for arrays.
    range: the smallest and the largest number, or length of a list; else None.
    words: the fewest, the median and the most words of a text; else None.
    shape: of an array's rows; else None.
    counts: rows by value, the most frequent first, of columns with few values.
    examples: the first values.
  """

  name: str
  kind: str
  rows: int
  missing: int
  distinct: int | None = None
  range: tuple[float, float] | None = None
  words: tuple[float, float, float] | None = None
  shape: tuple[int, ...] | None = None
  counts: dict[str, int] = dataclasses.field(default_factory=dict)
  examples: tuple[Any, ...] = ()


def describe(name: str, values: Sequence[Any], *, folder: str = "") -> Column:
  """Returns what a column holds.

  Args:
    name: of the column.
    values: one a row; None is missing.
    folder: that paths of images are relative to.
  """
  held = [value for value in values if value is not None]
  missing = len(values) - len(held)
  if not held:
    return Column(name, EMPTY, len(values), missing, 0)
  if isinstance(held[0], np.ndarray):
    return Column(name, ARRAY, len(values), missing, shape=held[0].shape)
  found = Column(
    name,
    _kind(name, held, folder),
    len(values),
    missing,
    examples=_examples(held),
  )
  if found.kind == LIST:
    return _describe_lists(found, held)
  texts = [str(value) for value in held]
  counts = collections.Counter(texts)
  changes: dict[str, Any] = {"distinct": len(counts)}
  is_few = len(counts) <= max(_SHOWN, len(held) // 2)
  if is_few and found.kind in (INTEGER, NAME):
    changes["counts"] = dict(counts.most_common(1000))
  if found.kind in (NUMBER, INTEGER):
    numbers = [float(value) for value in held]
    changes["range"] = (min(numbers), max(numbers))
  elif found.kind == TEXT:
    changes["words"] = _spread([len(text.split()) for text in texts])
  return dataclasses.replace(found, **changes)


def _kind(name: str, held: Sequence[Any], folder: str) -> str:
  if all(isinstance(value, list) for value in held):
    return LIST
  texts = [str(value) for value in held]
  is_integer = all(_INTEGER.fullmatch(t) for t in texts)
  n_distinct = len(set(texts))
  is_unique = n_distinct == len(texts) > _EXAMPLES
  if is_integer:
    return ID if is_unique and _ID_NAMES.search(name) else INTEGER
  if all(_NUMBER.fullmatch(t) for t in texts):
    return NUMBER
  if _are_images(texts, folder):
    return FILE
  words = [len(t.split()) for t in texts]
  if is_unique and max(words) == 1:
    return ID
  is_short = np.median(words) <= _WORDS_OF_NAMES
  repeats = n_distinct <= max(2, _MOST_SHARE_OF_NAMES * len(texts))
  return NAME if is_short and repeats else TEXT


def _are_images(paths: Sequence[str], folder: str) -> bool:
  if not all(path.lower().endswith(_IMAGE_ENDINGS) for path in paths):
    return False
  return any(os.path.isfile(os.path.join(folder, p)) for p in paths[:20])


def _describe_lists(found: Column, held: Sequence[list[Any]]) -> Column:
  lengths = [len(value) for value in held]
  counts = collections.Counter(str(v) for value in held for v in value)
  is_few = len(counts) <= max(_SHOWN, sum(lengths) // 2)
  return dataclasses.replace(
    found,
    distinct=len(counts),
    range=(min(lengths), max(lengths)),
    counts=dict(counts.most_common(1000)) if is_few else {},
  )


def _spread(values: Sequence[int]) -> tuple[float, float, float]:
  return (min(values), float(np.median(values)), max(values))


def _examples(held: Sequence[Any]) -> tuple[Any, ...]:
  """Returns the first distinct values."""
  found: list[Any] = []
  for value in held[:100]:
    if value not in found:
      found.append(value)
  return tuple(found[:_EXAMPLES])
