"""Rows with values as JSON has them, written as columns of a store."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from hub_estimator import stores
from hub_estimator.errors import UserError
from hub_estimator.inputs import (
  json_columns,
  label_lists,
  stored,
  text_file,
)
from hub_estimator.inputs.account import Account
from hub_estimator.inputs.bad_records import BadRecords
from hub_estimator.inputs.interface import Label
from hub_estimator.inputs.names import check_columns, label_columns

_Rows = Sequence[tuple[int, text_file.Row]]


class ListsDifferError(Exception):
  """Lists of labels that seemed to be of one length differ in it.

  Attributes:
    column: its name.
  """

  def __init__(self, column: str) -> None:
    super().__init__(column)
    self.column = column


class StoredRows:
  """Writes the rows of a file, a block at a time."""

  def __init__(
    self,
    account: Account,
    bad: BadRecords,
    writer: stores.StoreWriter,
    label: Label,
    features: Sequence[str] | None,
    *,
    of_lists: Collection[str] = (),
  ) -> None:
    """Starts before the first block.

    Args:
      account: of the file.
      bad: counts bad rows, or refuses the first.
      writer: of the store.
      label: the input's `label`.
      features: the input's `features`; None reads the columns of the first row.
      of_lists: columns of labels that are known to hold lists of any length.
    """
    self._of_lists = of_lists
    self._account = account
    self._bad = bad
    self._writer = writer
    self._of_labels = label_columns(label)
    self._labels = stored.Labels(writer, label)
    self._features = features
    self._names: list[str] | None = None
    self._rows = 0
    # The first value of each column, and its line.
    self._first: dict[str, tuple[Any, int]] = {}

  def add(
    self,
    rows: _Rows,
    find_problem: Callable[[int, text_file.Row, Sequence[str]], str | None],
  ) -> None:
    """Writes a block of rows.

    Args:
      rows: (line number, row) each.
      find_problem: given a row's line, the row and the wanted columns, returns why
        the row is bad, or None.

    Raises:
      ListsDifferError: earlier blocks must be read again, with this column in
        `of_lists`.
      UserError: a row is bad, or its values are of another kind than before.
    """
    names = self._wanted(list(rows[0][1]))
    good = text_file.good_rows(
      rows, names, self._account.path, self._bad, find_problem
    )
    if not good:
      return
    lines = [line for line, _ in good]
    for name in names:
      values = [row[name] for _, row in good]
      self._write(name, values, lines)
    self._rows += len(good)

  def close(self) -> dict[str, Any]:
    """Closes the account, and returns the facts of the store.

    Raises:
      UserError: there is no good row.
    """
    path = self._account.path
    text_file.check_not_empty(range(self._rows), path, self._bad)
    self._account.close(self._rows, self._bad.skipped)
    return {
      "skipped": self._bad.skipped,
      "lines": self._account.lines,
      "notes": self._account.notes,
      **self._labels.close(),
    }

  def _wanted(self, header: Sequence[str]) -> Sequence[str]:
    if self._names is None:
      self._names = (
        list(header)
        if self._features is None
        else [*self._features, *self._of_labels]
      )
      check_columns(self._account.path, header, self._of_labels)
    return self._names

  def _write(
    self, name: str, values: Sequence[Any], lines: Sequence[int]
  ) -> None:
    path = self._account.path
    value, line = self._first.setdefault(name, (values[0], lines[0]))
    is_label = name in self._of_labels
    if name in self._of_lists:
      self._labels.append(name, label_lists.checked(name, values, lines, path))
      return
    column = json_columns.make(name, values, lines, path, is_label=is_label)
    try:
      if not (is_label and self._labels.append(name, column)):
        stored.append(self._writer.column(name), column)
    except stores.OtherType as error:
      if is_label and isinstance(value, list) and isinstance(values[0], list):
        raise ListsDifferError(name) from error
      raise UserError(
        f"{path}: {name!r} is {values[0]!r} in line {lines[0]} and {value!r} in "
        f"line {line}: a column is all text or all numbers, or lists of them of "
        "one depth."
      ) from error
