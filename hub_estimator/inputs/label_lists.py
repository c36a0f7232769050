"""Lists of labels of different lengths, one list a row."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.inputs.interface import Label


def check_separator(separator: str | None, label: Label) -> None:
  """Raises a UserError unless `csv.label_separator` is text and fits the label."""
  if separator is None:
    return
  if not isinstance(separator, str) or not separator.strip():
    raise UserError(
      f"csv.label_separator is {separator!r}; it is text, such as '|'."
    )
  if not isinstance(label, str):
    raise UserError(
      f"csv.label_separator is {separator!r}, and csv.label {label!r}; the labels "
      "to separate are in one column."
    )


def split(values: Iterable[str], separator: str) -> np.ndarray:
  """Returns the labels of each row, in `lists`' form, without blanks around them."""
  return lists(
    [
      [part.strip() for part in value.split(separator) if part.strip()]
      for value in values
    ]
  )


def lists(values: Sequence[Sequence[Any]]) -> np.ndarray:
  """Returns an array [rows] of tuples: text as `bytes`, numbers as they are."""
  array = np.empty(len(values), dtype=object)
  for i, labels in enumerate(values):
    array[i] = tuple(
      label.encode() if isinstance(label, str) else label for label in labels
    )
  return array


def are_ragged(values: Sequence[Any]) -> bool:
  """Returns whether values are lists, of different lengths or empty."""
  lengths = {len(v) if isinstance(v, list) else None for v in values}
  return any(isinstance(v, list) for v in values) and (
    len(lengths) > 1 or lengths == {0}
  )


def checked(
  name: str, values: Sequence[Any], lines: Sequence[int], source: str
) -> np.ndarray:
  """Returns `lists` of values that are lists of text, or lists of integers.

  Args:
    name: the column, for messages.
    values: one a row.
    lines: of the values, for messages.
    source: the file, for messages.

  Raises:
    UserError: a value is something else, or lists of text and of integers mix.
  """
  known: type | None = None
  for value, line in zip(values, lines, strict=True):
    types = (
      {type(v) for v in value} if isinstance(value, list) else {type(None)}
    )
    known = known or next(iter(types), None)
    if types - {known} or not types <= {str, int}:
      raise UserError(
        f"{source}, line {line}: {name!r} is {value!r}; a row's labels are a list, "
        "of text in all rows or of integers in all rows."
      )
  return lists(values)
