"""Labels: vocabularies, and the checks that run before training."""

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.heads.interface import Labels

# Kinds of NumPy dtypes: booleans, integers and floats.
_NUMBERS = "biuf"


def read_vocabulary(
  vocabulary: Sequence[str] | str | None, n_classes: int | None
) -> list[str] | None:
  """Returns labels as strings, in class order.

  Args:
    vocabulary: the labels, or the path of a file with one label per line; None,
      for labels that are numbers, stays None.
    n_classes: how many labels there must be; None means at least 2.

  Raises:
    UserError: the file can't be read, or the labels aren't n_classes distinct
      ones.
  """
  if vocabulary is None:
    return None
  source = "label_vocabulary"
  if isinstance(vocabulary, str):
    source = path = os.path.expanduser(vocabulary)
    try:
      with open(path, encoding="utf-8") as file:
        vocabulary = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
      raise UserError(f"label_vocabulary {path!r}: {error}.") from error
  if n_classes is None:
    n_classes = max(2, len(vocabulary))
  if len(vocabulary) != n_classes or len(set(vocabulary)) != n_classes:
    raise UserError(
      f"{source} has {len(vocabulary)} labels, {len(set(vocabulary))} of them "
      f"distinct, but the head has {n_classes} classes."
    )
  return list(vocabulary)


def one_column(labels: Labels) -> np.ndarray:
  """Returns the labels of a head that reads a single column.

  Raises:
    UserError: there are labels by column name.
  """
  if isinstance(labels, Mapping):
    raise UserError(
      f"Labels come as the columns {', '.join(labels)}; only heads.multi "
      "accepts more than one."
    )
  return labels


def check_classes(
  labels: Labels, n_classes: int, vocabulary: Sequence[str] | None
) -> None:
  """Checks the labels of a head with one class per example.

  Args:
    labels: array [examples] or [examples, 1].
    n_classes: how many classes the head has.
    vocabulary: the head's labels as strings; None if labels are numbers.

  Raises:
    UserError: a label isn't one of the head's classes.
  """
  column = one_column(labels)
  if column.ndim > 1 and column.shape[1:] != (1,):
    raise UserError(
      f"Labels have shape {list(column.shape)}; the head expects one label per "
      "example."
    )
  column = column.reshape(-1)
  if vocabulary is not None:
    _check_words(column, vocabulary)
    return
  if column.dtype.kind not in _NUMBERS:
    raise UserError(
      f"Labels are strings such as {_text(column[0])!r}; list them in the "
      "head's label_vocabulary."
    )
  integral = np.isfinite(column) & (np.floor(column) == column)
  valid = integral & (column >= 0) & (column < n_classes)
  check_each(column, valid, f"one of the head's classes, 0 to {n_classes - 1}")


def _check_words(column: np.ndarray, vocabulary: Sequence[str]) -> None:
  if column.dtype.kind in _NUMBERS:
    raise UserError(
      f"Labels are numbers such as {column[0]}, but the head's "
      f"label_vocabulary holds strings: {', '.join(vocabulary)}."
    )
  known = set(vocabulary)
  for row, label in enumerate(column):
    if _text(label) not in known:
      raise UserError(
        f"Label {_text(label)!r} of example {row} isn't in the head's "
        f"label_vocabulary: {', '.join(vocabulary)}."
      )


def check_regression(labels: Labels, dimension: int) -> np.ndarray:
  """Returns the labels of a regression head, all of them finite numbers.

  Args:
    labels: array [examples], or [examples, dimension].
    dimension: numbers per example.

  Raises:
    UserError: labels have another width, or aren't finite numbers.
  """
  column = one_column(labels)
  check_numbers(column)
  width = 1 if column.ndim == 1 else int(np.prod(column.shape[1:]))
  if width != dimension:
    raise UserError(
      f"Labels have {width} numbers per example, but the head's "
      f"label_dimension is {dimension}."
    )
  check_each(column, np.isfinite(column), "a finite number")
  return column


def check_numbers(column: np.ndarray) -> None:
  """Raises a UserError if labels aren't numbers."""
  if column.dtype.kind not in _NUMBERS:
    raise UserError(
      f"Labels are strings such as {_text(column.flat[0])!r}; the head expects "
      "numbers."
    )


def check_each(column: np.ndarray, valid: np.ndarray, wanted: str) -> None:
  """Raises a UserError that names the first invalid label.

  Args:
    column: array [examples, ...].
    valid: bool, of the same shape.
    wanted: completes "Label 3 of example 2 isn't …".
  """
  wrong = np.flatnonzero(~valid.reshape(len(valid), -1).all(axis=1))
  if wrong.size:
    raise UserError(
      f"Label {column[wrong[0]]} of example {wrong[0]} isn't {wanted} "
      f"({wrong.size} of {len(column)} labels)."
    )


def _text(label: Any) -> str:
  return (
    label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label)
  )
