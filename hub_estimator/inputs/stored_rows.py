"""Rows with values as JSON has them, written to a store."""

from collections.abc import Callable, Sequence
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
from hub_estimator.inputs.interface import Column, Label
from hub_estimator.inputs.names import check_columns, label_columns

_Rows = Sequence[tuple[int, text_file.Row]]


class StoredRows:
  """Writes the rows of files, a block at a time."""

  def __init__(
    self,
    writer: stores.StoreWriter,
    label: Label,
    features: Sequence[str] | None,
    of_lists: set[str],
  ) -> None:
    """Starts before the first block.

    Args:
      writer: of the store.
      label: the input's `label`.
      features: the input's `features`; None reads the columns of the first row.
      of_lists: columns of labels that are known to hold lists of any length; those
        that are found are added.
    """
    self._blocks = stored.BlockWriter(writer, label)
    self._of_labels = label_columns(label)
    self._features = features
    self._of_lists = of_lists
    self._names: list[str] | None = None
    # The first value of each column, and its place.
    self._first: dict[str, tuple[Any, str]] = {}
    self._skipped, self._lines, self._notes = 0, 0, list[str]()

  def add(
    self,
    rows: _Rows,
    find_problem: Callable[[int, text_file.Row, Sequence[str]], str | None],
    path: str,
    bad: BadRecords,
  ) -> int:
    """Writes a block of rows, and returns how many of them are good.

    Args:
      rows: (line number, row) each.
      find_problem: given a row's line, the row and the wanted columns, returns why
        the row is bad, or None.
      path: of the file.
      bad: counts bad rows, or refuses the first.

    Raises:
      stored.ReadAgain: labels that seemed to be lists of one length differ in it.
      UserError: a row is bad, or its values are of another kind than before.
    """
    names = self._wanted(path, list(rows[0][1]))
    good = text_file.good_rows(rows, names, path, bad, find_problem)
    if not good:
      return 0
    lines = [line for line, _ in good]
    values = {name: [row[name] for _, row in good] for name in names}
    for name in names:
      place = f"line {lines[0]} of {path}"
      self._first.setdefault(name, (values[name][0], place))
    try:
      self._blocks.append(
        {n: self._column(n, v, lines, path) for n, v in values.items()}
      )
    except stores.WiderType as wider:
      if wider.column not in self._of_labels or wider.way != stores.LIST:
        raise
      self._of_lists.add(wider.column)
      raise stored.ReadAgain from wider
    except stores.OtherType as error:
      name = error.column
      value, place = self._first[name]
      if name in self._of_labels and isinstance(value, list):
        self._of_lists.add(name)
        raise stored.ReadAgain from error
      raise UserError(
        f"{path}: {name!r} is {values[name][0]!r} in line {lines[0]} and {value!r} "
        f"in {place}: a column is all text or all numbers, or lists of them of one "
        "depth."
      ) from error
    return len(good)

  def close_file(self, rows: int, account: Account, bad: BadRecords) -> None:
    """Closes the account of a file.

    Args:
      rows: good ones in the file.
      account: of the file.
      bad: its bad rows.

    Raises:
      UserError: there is no good row.
    """
    text_file.check_not_empty(range(rows), account.path, bad)
    account.close(rows, bad.skipped)
    self._skipped += bad.skipped
    self._lines += account.lines
    self._notes += account.notes

  def close(self) -> dict[str, Any]:
    """Returns the facts of the store."""
    return self._blocks.close(
      skipped=self._skipped, lines=self._lines, notes=self._notes
    )

  def _wanted(self, path: str, header: Sequence[str]) -> Sequence[str]:
    if self._names is None:
      self._names = (
        list(header)
        if self._features is None
        else [*self._features, *self._of_labels]
      )
      check_columns(path, header, self._of_labels)
    return self._names

  def _column(
    self, name: str, values: Sequence[Any], lines: Sequence[int], path: str
  ) -> Column:
    if name in self._of_lists:
      return label_lists.checked(name, values, lines, path)
    is_label = name in self._of_labels
    return json_columns.make(name, values, lines, path, is_label=is_label)
