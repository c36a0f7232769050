"""The columns that an input's `label` and `features` name."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs.interface import Column, Examples, Label


def check_names(kind: str, *, label: Any, features: Any = None) -> None:
  """Raises a UserError unless `label` and `features` can name columns.

  Args:
    kind: the input's gin name, for the message.
    label: a name, a list of names, or None.
    features: a list of names, or None.
  """
  if not (isinstance(label, str) or _are_names(label)):
    raise UserError(
      f"{kind}.label is {label!r}; it is a name, a list of names, or None."
    )
  if not _are_names(features):
    raise UserError(
      f"{kind}.features is {features!r}; it is a list of names, or None."
    )


def label_columns(label: Label) -> list[str]:
  """Returns the columns that an input's `label` names."""
  if label is None:
    return []
  return [label] if isinstance(label, str) else list(label)


def split_label(
  columns: Mapping[str, Column],
  *,
  label: Label,
  features: Sequence[str] | None,
  source: str,
  skipped: int = 0,
) -> Examples:
  """Returns columns as examples.

  Args:
    columns: [examples, ...] by name; those of labels are arrays.
    label: the column of labels, a list of several, or None.
    features: the columns to keep; None keeps all but the label.
    source: where they were read, for messages.
    skipped: the number of bad records that were left out.

  Raises:
    UserError: a named column doesn't exist.
  """
  of_labels = label_columns(label)
  wanted = (
    [name for name in columns if name not in of_labels]
    if features is None
    else list(features)
  )
  for name in [*wanted, *of_labels]:
    if name not in columns:
      raise UserError(
        f"{source} has no column {name!r}; {nearest(name, columns)}"
      )
  kept: dict[str, Column] = {name: columns[name] for name in wanted}
  return Examples(
    features=kept,
    labels=_labels(columns, label, source)
    if isinstance(label, str)
    else {name: _labels(columns, name, source) for name in of_labels} or None,
    source=source,
    skipped=skipped,
  )


def _labels(
  columns: Mapping[str, Column], name: str, source: str
) -> np.ndarray:
  """Returns a column of labels, which are never padded."""
  column = columns[name]
  if not isinstance(column, np.ndarray):
    raise UserError(f"{source}: the labels {name!r} differ in length.")
  return column


def _are_names(value: Any) -> bool:
  """Returns whether a value is a list of names, or None."""
  if value is None:
    return True
  return (
    isinstance(value, Sequence)
    and not isinstance(value, str)
    and all(isinstance(name, str) for name in value)
  )
