"""The typed columns of a csv file, a block of rows at a time."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hub_estimator.inputs import csv_types, text_file
from hub_estimator.inputs.account import Account
from hub_estimator.inputs.bad_records import BadRecords
from hub_estimator.inputs.csv_blocks import Block
from hub_estimator.inputs.csv_oddities import Oddities
from hub_estimator.inputs.csv_types import TypedColumn


class WiderTypeError(Exception):
  """A column holds values that don't fit the type of its earlier blocks.

  Attributes:
    column: its name.
    dtype: one that holds all values so far.
  """

  def __init__(self, column: str, dtype: str) -> None:
    super().__init__(f"{column!r} is {dtype}")
    self.column = column
    self.dtype = dtype


class CsvTable:
  """Types the columns of each block alike, and leaves bad rows out.

  Attributes:
    account: of the file.
    bad: its bad rows.
  """

  def __init__(
    self,
    account: Account,
    bad: BadRecords,
    *,
    names: Callable[[Sequence[str]], Sequence[str]],
    given: Callable[[Sequence[str]], Mapping[str, str]],
    types: dict[str, str],
    labels: Sequence[str],
  ) -> None:
    """Starts before the first block.

    Args:
      account: of the file.
      bad: counts bad rows, or refuses the first.
      names: returns the columns to read, given the header.
      given: returns the dtypes that the user gave, given the header.
      types: dtypes that are known from earlier files or an earlier reading; those
        that are found are added.
      labels: columns of labels, which are never blank.
    """
    self.account = account
    self.bad = bad
    self._names = names
    self._given = given
    self._types = types
    self._labels = labels
    self._oddities: Oddities | None = None
    self._rows = 0

  def add(self, block: Block) -> dict[str, TypedColumn]:
    """Returns the columns of a block without bad rows, by name.

    Raises:
      WiderTypeError: earlier blocks must be read again, as this type.
      UserError: a row is bad, or a column that the user names is missing.
    """
    header = list(block.columns)
    given = self._given(header)
    known = {**self._types, **given}
    columns = csv_types.find_types(block, self._names(header), known)
    for column in columns.values():
      if column.name not in given:
        self._check_width(column)
    problems = csv_types.find_problems(columns, block.lines, self._labels)
    for line in sorted(problems):
      self.bad.add(f"{self.account.path}, line {line}: {problems[line]}.")
    if problems:
      good = np.flatnonzero(~np.isin(block.lines, list(problems)))
      columns = {name: column.take(good) for name, column in columns.items()}
      block = block.take(good)
    if self._oddities is None:
      self._oddities = Oddities(given)
    self._oddities.add(block, columns)
    self._rows += len(block)
    return columns

  def close(self) -> None:
    """Notes oddities, and closes the account.

    Raises:
      UserError: there is no good row.
    """
    if self._oddities is not None:
      self._oddities.tell(self.account)
    text_file.check_not_empty(range(self._rows), self.account.path, self.bad)
    self.account.close(self._rows, self.bad.skipped)

  def _check_width(self, column: TypedColumn) -> None:
    """Raises WiderTypeError if a column's earlier blocks have a narrower type."""
    known = self._types.get(column.name)
    if known is None:
      if column.dtype != "string" or not column.blank.all():
        self._types[column.name] = column.dtype
        if self._oddities is not None and column.dtype != "string":
          # Only blank in earlier blocks, which was no problem in text.
          raise WiderTypeError(column.name, column.dtype)
      return
    if known == "string" or column.numbers is not None or column.blank.all():
      return
    needed = csv_types.type_column(column.name, column.values).dtype
    if csv_types.WIDTHS.index(needed) > csv_types.WIDTHS.index(known):
      raise WiderTypeError(column.name, needed)
