"""Values of a csv file that look like mistakes, noted by column, line and count."""

import dataclasses
from collections.abc import Collection, Mapping

import numpy as np
import pyarrow.compute as pc

from hub_estimator.inputs import number_text
from hub_estimator.inputs.account import Account
from hub_estimator.inputs.csv_blocks import Block
from hub_estimator.inputs.csv_types import TypedColumn

_BLANK = "is blank"
_ZERO = "is a number that starts with 0; dtypes reads such a column as text"
_NOT_FINITE = "isn't a finite number"
_ROUNDED = "is an integer that float32 rounds"
# Beyond this many rows, repeated ones are no longer counted.
_COMPARED_ROWS = 200_000
# So many values say what a column holds.
_ENOUGH = 10_000


@dataclasses.dataclass
class _Odd:
  """One kind of odd value in one column: the first, its line, and how many."""

  value: str
  line: int
  count: int = 0


@dataclasses.dataclass
class _Mixed:
  """A column of text, and how many of its values are numbers.

  Attributes:
    filled: values that aren't blank.
    others: values that aren't numbers.
    separated: values that are numbers with separators.
    first: the first that isn't a number, and its line.
  """

  filled: int = 0
  others: int = 0
  separated: int = 0
  first: tuple[str, int] | None = None

  @property
  def is_text(self) -> bool:
    """Whether half of the values or more are text."""
    return 2 * (self.others - self.separated) >= self.filled


class Oddities:
  """Odd values of all blocks of a file."""

  def __init__(self, given: Collection[str]) -> None:
    """Starts the search.

    Args:
      given: columns whose dtype the user gave.
    """
    self._given = given
    self._rows = 0
    self._odd: dict[str, dict[str, _Odd]] = {}
    self._mixed: dict[str, _Mixed] = {}
    self._seen: set[int] = set()
    self._compared = 0

  def add(self, block: Block, columns: Mapping[str, TypedColumn]) -> None:
    """Looks at a block.

    Args:
      block: of rows.
      columns: those that are read, typed.
    """
    for name, column in columns.items():
      self._odd.setdefault(name, {})
      if column.dtype == "string":
        if name not in self._given:
          self._add_text(column, block.lines)
        self._add(column, block.lines, column.blank, _BLANK)
      elif column.dtype == "int64" and name not in self._given:
        self._add(column, block.lines, _leading_zeros(column), _ZERO)
      elif column.dtype == "float32" and column.numbers is not None:
        numbers = column.numbers.astype(np.float64)
        finite = np.isfinite(numbers)
        whole = finite & (np.floor(numbers) == numbers)
        rounded = whole & (numbers.astype(np.float32) != numbers)
        self._add(column, block.lines, ~finite, _NOT_FINITE)
        self._add(column, block.lines, rounded, _ROUNDED)
    self._rows += len(block)
    self._compare(block)

  def tell(self, account: Account) -> None:
    """Notes what was found in the account of the file."""
    for name, kinds in self._odd.items():
      mixed = self._mixed.get(name)
      if mixed is not None:
        _tell_mixed(account, name, mixed)
      for what, odd in sorted(kinds.items(), key=lambda kind: kind[1].line):
        account.note(
          f"column {name!r} is {odd.value!r} in line {odd.line}, which {what} "
          f"({odd.count} of {self._rows} values)."
        )
    repeated = self._compared - len(self._seen)
    if repeated:
      first = "" if self._compared == self._rows else "the first "
      account.note(
        f"{repeated} of {first}{self._compared} rows equal an earlier row."
      )

  def _add(
    self, column: TypedColumn, lines: np.ndarray, is_odd: np.ndarray, what: str
  ) -> None:
    odd = np.flatnonzero(is_odd)
    if odd.size:
      value, line = column.values[odd[0]].as_py(), int(lines[odd[0]])
      kinds = self._odd[column.name]
      kinds.setdefault(what, _Odd(value, line)).count += odd.size

  def _add_text(self, column: TypedColumn, lines: np.ndarray) -> None:
    mixed = self._mixed.setdefault(column.name, _Mixed())
    for row in np.flatnonzero(~column.blank).tolist():
      if mixed.filled > _ENOUGH and mixed.is_text:
        return
      mixed.filled += 1
      value = column.values[row].as_py()
      if number_text.is_number(value):
        continue
      mixed.first = mixed.first or (value, int(lines[row]))
      mixed.others += 1
      mixed.separated += number_text.has_separators(value)

  def _compare(self, block: Block) -> None:
    """Counts rows that repeat earlier ones."""
    columns = [
      column.slice(0, _COMPARED_ROWS - self._compared).to_pylist()
      for column in block.columns.values()
    ]
    self._seen.update(map(hash, zip(*columns, strict=True)))
    self._compared += len(columns[0]) if columns else 0


def _leading_zeros(column: TypedColumn) -> np.ndarray:
  found = pc.match_substring_regex(column.values, r"^\s*[+-]*0[0-9]")
  return np.asarray(found.to_numpy(zero_copy_only=False))


def _tell_mixed(account: Account, name: str, mixed: _Mixed) -> None:
  """Notes a column that is text only because of the fewer of its values."""
  if mixed.is_text or mixed.first is None:
    return
  why = (
    f"; {mixed.separated} of them have separators, which numbers don't have here"
    if mixed.separated
    else ""
  )
  value, line = mixed.first
  account.note(
    f"column {name!r} is text in line {line}: {value!r}, so all of it is read as "
    f"text ({mixed.others} of {mixed.filled} values aren't numbers{why})."
  )
