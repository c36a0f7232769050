"""Types of the columns of a csv file, and values that look like mistakes."""

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
_Rows = Sequence[tuple[int, Mapping[str, str]]]


def find_types(
  rows: _Rows, names: Sequence[str], given: Mapping[str, str]
) -> dict[str, str]:
  """Returns the dtype of each column.

  Args:
    rows: (line number, row) of all rows.
    names: the columns that are read.
    given: dtypes by column. Another is the narrowest that holds all values that
      aren't blank; if all are, it is "string".
  """
  return {
    name: given.get(name) or _narrowest([row[name] for _, row in rows])
    for name in names
    if name in rows[0][1]
  }


def _narrowest(values: Sequence[str]) -> str:
  filled = [value for value in values if value and not value.isspace()]
  if not filled:
    return "string"
  for dtype in ("int64", "float32"):
    if all(_is_of(value, dtype) for value in filled):
      return dtype
  return "string"


def _is_of(value: str, dtype: str) -> bool:
  try:
    PARSERS[dtype](value)
  except OverflowError:
    return True  # The row is refused later: it must not turn into a float.
  except ValueError:
    return False
  return True


def find_problem(
  row: Mapping[str, str], types: Mapping[str, str], labels: Sequence[str]
) -> str | None:
  """Returns which value of a row isn't of its column's dtype, or is missing.

  Args:
    row: values by column.
    types: as `find_types` returns them.
    labels: columns of labels, which are never blank.
  """
  for name, dtype in types.items():
    value = row[name]
    blank = not value or value.isspace()
    if blank and (dtype != "string" or name in labels):
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


def make_column(values: Sequence[str], dtype: str) -> np.ndarray:
  """Returns values as an array of a dtype that all of them have."""
  if dtype == "string":
    return arrays.strings(values)
  return np.array([PARSERS[dtype](v) for v in values], dtype)


def note_oddities(
  account: Account,
  rows: _Rows,
  types: Mapping[str, str],
  given: Mapping[str, str],
) -> None:
  """Notes values that look like mistakes, by column, line and count.

  Args:
    account: of the file.
    rows: (line number, row) of all rows.
    types: as `find_types` returns them.
    given: dtypes that the user gave.
  """
  for name, dtype in types.items():
    numbered = [(line, row[name]) for line, row in rows]
    if dtype == "string" and name not in given:
      _note_mixed(account, name, numbered)
    if dtype == "string":
      _note(account, name, numbered, lambda v: not v.strip(), "is blank")
    if dtype == "int64" and name not in given:
      _note(
        account,
        name,
        numbered,
        _has_leading_zero,
        "is a number that starts with 0; dtypes reads such a column as text",
      )
    if dtype == "float32":
      _note(
        account,
        name,
        numbered,
        lambda v: bool(v.strip()) and not number_text.is_finite(v),
        "isn't a finite number",
      )
      _note(
        account,
        name,
        numbered,
        _is_rounded,
        "is an integer that float32 rounds",
      )
  repeated = len(rows) - len({tuple(row.items()) for _, row in rows})
  if repeated:
    account.note(f"{repeated} of {len(rows)} rows equal an earlier row.")


def _note(
  account: Account,
  name: str,
  numbered: Sequence[tuple[int, str]],
  is_odd: Callable[[str], bool],
  what: str,
) -> None:
  odd = [(line, value) for line, value in numbered if is_odd(value)]
  if odd:
    line, value = odd[0]
    account.note(
      f"column {name!r} is {value!r} in line {line}, which {what} "
      f"({len(odd)} of {len(numbered)} values)."
    )


def _note_mixed(
  account: Account, name: str, numbered: Sequence[tuple[int, str]]
) -> None:
  """Notes a column that is text only because of the fewer of its values."""
  filled = [(line, v) for line, v in numbered if v.strip()]
  others = [(line, v) for line, v in filled if not number_text.is_number(v)]
  separated = sum(number_text.has_separators(v) for _, v in others)
  numbers = len(filled) - len(others) + separated
  if others and numbers > len(filled) / 2:
    line, value = others[0]
    why = (
      f"; {separated} of them have separators, which numbers don't have here"
      if separated
      else ""
    )
    account.note(
      f"column {name!r} is text in line {line}: {value!r}, so all of it is read "
      f"as text ({len(others)} of {len(filled)} values aren't numbers{why})."
    )


def _has_leading_zero(value: str) -> bool:
  digits = value.strip().lstrip("+-")
  return len(digits) > 1 and digits[0] == "0"


def _is_rounded(value: str) -> bool:
  try:
    exact = int(value)
  except ValueError:
    return False
  return int(np.float32(exact)) != exact
