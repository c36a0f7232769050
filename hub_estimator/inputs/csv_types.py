"""Types of the columns of a csv file, and values that look like mistakes."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.inputs import arrays, number_text
from hub_estimator.inputs.account import Account

PARSERS: Mapping[str, Callable[[str], Any]] = {
  "string": str,
  "int64": number_text.to_int,
  "float32": number_text.to_float,
}
# As (number of the line, row by column).
_Rows = Sequence[tuple[int, Mapping[str, str]]]


@dataclasses.dataclass(frozen=True)
class TypedColumn:
  """The values of a column as text, and their dtype.

  Attributes:
    name: of the column.
    dtype: a key of `PARSERS`.
    values: one a row.
    numbers: int64 or float64 [rows]; None for text, and if a value is blank or isn't
      of the dtype.
  """

  name: str
  dtype: str
  values: Sequence[str]
  numbers: np.ndarray | None

  def has(self, needs_value: bool) -> bool:
    """Returns whether all values are of the dtype, blank text only if it may be."""
    if self.dtype != "string":
      return self.numbers is not None
    return not needs_value or all(map(_is_filled, self.values))

  def array(self) -> np.ndarray:
    """Returns the values, all of the dtype, as an array of it."""
    if self.dtype == "string":
      return arrays.strings(self.values)
    if self.numbers is not None:
      return self.numbers.astype(self.dtype)
    return np.array([PARSERS[self.dtype](v) for v in self.values], self.dtype)


def find_types(
  rows: _Rows, names: Sequence[str], given: Mapping[str, str]
) -> dict[str, TypedColumn]:
  """Returns the columns with their dtypes, by name.

  Args:
    rows: all rows.
    names: the columns that are read.
    given: dtypes by column. Another is the narrowest that holds all values that
      aren't blank; if all are, it is "string".
  """
  return {
    name: type_column(name, [row[name] for _, row in rows], given.get(name))
    for name in names
    if name in rows[0][1]
  }


def type_column(
  name: str, values: Sequence[str], dtype: str | None = None
) -> TypedColumn:
  """Returns a column of a dtype; None chooses the narrowest.

  Args:
    name: of the column.
    values: one a row.
    dtype: as the user gives it.
  """
  filled = [value for value in values if _is_filled(value)]
  guesses = ["int64", "float32"] if dtype is None else [dtype]
  for guess in guesses if filled else []:
    if guess == "string":
      break
    try:
      parsed = [PARSERS[guess](value) for value in filled]
    except ValueError:
      continue
    except OverflowError:
      # Refused later: such an integer must not turn into a float.
      if dtype is None and not all(_is_of(value, guess) for value in filled):
        continue
      return TypedColumn(name, guess, values, None)
    numbers = np.array(parsed) if len(filled) == len(values) else None
    return TypedColumn(name, guess, values, numbers)
  return TypedColumn(name, dtype or "string", values, None)


def find_problems(
  columns: Mapping[str, TypedColumn],
  lines: Sequence[int],
  labels: Sequence[str],
) -> dict[int, str]:
  """Returns which value of a row isn't of its dtype, or is missing, by line.

  Args:
    columns: as `find_types` returns them.
    lines: the number of each row's line.
    labels: columns of labels, which are never blank.
  """
  problems: dict[int, str] = {}
  for column in columns.values():
    needs_value = column.name in labels
    if column.has(needs_value):
      continue
    for line, value in zip(lines, column.values, strict=True):
      problem = _problem(column, value, needs_value)
      if problem is not None:
        problems.setdefault(line, problem)
  return problems


def _problem(column: TypedColumn, value: str, needs_value: bool) -> str | None:
  name, dtype = column.name, column.dtype
  if not _is_filled(value):
    if dtype == "string" and not needs_value:
      return None
    return (
      f"{name!r} is blank; inputs.csv.defaults fills blank values, "
      'bad_records = "skip" leaves such rows out, and features leaves columns out'
    )
  try:
    PARSERS[dtype](value)
  except OverflowError:
    return (
      f"{name!r} is {value}, which int64 doesn't hold; "
      f'inputs.csv.dtypes = {{{name!r}: "string"}} reads it as text'
    )
  except ValueError:
    return f"{name!r} is {value!r}, not {dtype}"
  return None


def note_oddities(
  account: Account,
  rows: _Rows,
  columns: Mapping[str, TypedColumn],
  given: Mapping[str, str],
) -> None:
  """Notes values that look like mistakes, by column, line and count.

  Args:
    account: of the file.
    rows: all rows.
    columns: as `find_types` returns them.
    given: dtypes that the user gave.
  """
  lines = [line for line, _ in rows]
  for name, column in columns.items():
    if column.dtype == "string":
      if name not in given:
        _note_mixed(account, column, lines)
      blank = [not _is_filled(value) for value in column.values]
      _note(account, column, lines, blank, "is blank")
    if column.dtype == "int64" and name not in given:
      zeros = [v[:1] in "0+- " and _has_leading_zero(v) for v in column.values]
      what = (
        "is a number that starts with 0; dtypes reads such a column as text"
      )
      _note(account, column, lines, zeros, what)
    if column.dtype == "float32" and column.numbers is not None:
      numbers = column.numbers.astype(np.float64)
      _note(
        account,
        column,
        lines,
        ~np.isfinite(numbers),
        "isn't a finite number",
      )
      rounded = np.isfinite(numbers) & (np.floor(numbers) == numbers)
      rounded &= numbers.astype(np.float32) != numbers
      _note(
        account, column, lines, rounded, "is an integer that float32 rounds"
      )
  repeated = len(rows) - len({tuple(row.values()) for _, row in rows})
  if repeated:
    account.note(f"{repeated} of {len(rows)} rows equal an earlier row.")


def _note(
  account: Account,
  column: TypedColumn,
  lines: Sequence[int],
  is_odd: Sequence[bool] | np.ndarray,
  what: str,
) -> None:
  odd = np.flatnonzero(is_odd)
  if odd.size:
    account.note(
      f"column {column.name!r} is {column.values[odd[0]]!r} in line "
      f"{lines[odd[0]]}, which {what} ({odd.size} of {len(lines)} values)."
    )


def _note_mixed(
  account: Account, column: TypedColumn, lines: Sequence[int]
) -> None:
  """Notes a column that is text only because of the fewer of its values."""
  filled = [i for i, value in enumerate(column.values) if _is_filled(value)]
  others: list[int] = []
  separated = 0
  for i in filled:
    if number_text.is_number(column.values[i]):
      continue
    others.append(i)
    separated += number_text.has_separators(column.values[i])
    if 2 * (len(others) - separated) >= len(filled):
      return
  if others:
    why = (
      f"; {separated} of them have separators, which numbers don't have here"
      if separated
      else ""
    )
    account.note(
      f"column {column.name!r} is text in line {lines[others[0]]}: "
      f"{column.values[others[0]]!r}, so all of it is read as text "
      f"({len(others)} of {len(filled)} values aren't numbers{why})."
    )


def _is_filled(value: str) -> bool:
  return bool(value) and not value.isspace()


def _is_of(value: str, dtype: str) -> bool:
  try:
    PARSERS[dtype](value)
  except OverflowError:
    return True
  except ValueError:
    return False
  return True


def _has_leading_zero(value: str) -> bool:
  digits = value.strip().lstrip("+-")
  return len(digits) > 1 and digits[0] == "0"
