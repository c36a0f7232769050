"""The columns that an input's `label` and `features` name."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

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


def check_defaults(kind: str, defaults: Any) -> None:
  """Raises a UserError unless `defaults` maps names to strings or numbers.

  Args:
    kind: the input's gin name, for the message.
    defaults: the user's value; None is one.
  """
  if defaults is None:
    return
  if not isinstance(defaults, Mapping) or any(
    not isinstance(value, (str, int, float)) or isinstance(value, bool)
    for value in defaults.values()
  ):
    raise UserError(
      f"{kind}.defaults is {defaults!r}; it is a string or a number by name, such "
      'as {"age": 0}.'
    )


def as_named(header: Sequence[str], named: Iterable[str]) -> list[str]:
  """Returns the columns of a header, as the user names them.

  A column that the user names without the blanks around it gets that name.

  Args:
    header: columns of a file.
    named: columns that the user names.
  """
  found = list(header)
  for name in named:
    bare = [i for i, column in enumerate(header) if column.strip() == name]
    if name not in header and len(bare) == 1:
      found[bare[0]] = name
  return found


def find_name(name: str, row: Mapping[str, Any]) -> str | None:
  """Returns a column's name in a row, where blanks may surround it; None if absent.

  Args:
    name: of the column.
    row: values by column.
  """
  if name in row:
    return name
  bare = [column for column in row if column.strip() == name.strip()]
  return bare[0] if len(bare) == 1 else None


def check_columns(
  source: str, columns: Iterable[str], wanted: Iterable[str]
) -> None:
  """Raises a UserError unless a source has the columns that the user names.

  Args:
    source: for the message.
    columns: that it has.
    wanted: by the user.
  """
  known = list(columns)
  for name in wanted:
    if name not in known:
      raise UserError(
        f"{source} has no column {name!r}; {nearest(name, known)}"
      )


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
  check_columns(source, columns, [*wanted, *of_labels])
  kept: dict[str, Column] = {name: columns[name] for name in wanted}
  return Examples(
    features=kept,
    labels=columns[label][:]
    if isinstance(label, str)
    else {name: columns[name][:] for name in of_labels} or None,
    source=source,
    skipped=skipped,
  )


def _are_names(value: Any) -> bool:
  """Returns whether a value is a list of names, or None."""
  if value is None:
    return True
  return (
    isinstance(value, Sequence)
    and not isinstance(value, str)
    and all(isinstance(name, str) for name in value)
  )
