"""Types of the columns of a csv file, and values that aren't of them."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hub_estimator.inputs import number_text
from hub_estimator.inputs.csv_blocks import Block

PARSERS: Mapping[str, Callable[[str], Any]] = {
  "string": str,
  "int64": number_text.to_int,
  "float32": number_text.to_float,
}
# From the narrowest; a column has the first that holds all its values.
WIDTHS = ("int64", "float32", "string")


@dataclasses.dataclass(frozen=True)
class TypedColumn:
  """The values of a column as text, and their dtype.

  Attributes:
    name: of the column.
    dtype: a key of `PARSERS`.
    values: one a row.
    blank: bool [rows], which values are blank.
    numbers: int64 or float64 [rows]; None for text, and if a value is blank or isn't
      of the dtype.
  """

  name: str
  dtype: str
  values: pa.StringArray
  blank: np.ndarray
  numbers: np.ndarray | None

  def has(self, needs_value: bool) -> bool:
    """Returns whether all values are of the dtype, blank text only if it may be."""
    if self.dtype != "string":
      return self.numbers is not None
    return not needs_value or not self.blank.any()

  def array(self) -> np.ndarray:
    """Returns the values, all of the dtype, as an array of it."""
    if self.numbers is not None:
      return self.numbers.astype(self.dtype)
    if self.dtype != "string":
      parse = PARSERS[self.dtype]
      return np.array([parse(v) for v in self.values.to_pylist()], self.dtype)
    bytes_ = self.values.cast(pa.binary())
    return np.asarray(bytes_.to_numpy(zero_copy_only=False), object)

  def take(self, rows: np.ndarray) -> "TypedColumn":
    """Returns the values of some rows, typed again."""
    return type_column(self.name, self.values.take(pa.array(rows)), self.dtype)


def find_types(
  block: Block, names: Sequence[str], given: Mapping[str, str]
) -> dict[str, TypedColumn]:
  """Returns the columns of a block with their dtypes, by name.

  Args:
    block: of rows.
    names: the columns that are read.
    given: dtypes by column. Another is the narrowest that holds all values that
      aren't blank; if all are, it is "string".
  """
  return {
    name: type_column(name, block.columns[name], given.get(name))
    for name in names
    if name in block.columns
  }


def type_column(
  name: str, values: pa.StringArray, dtype: str | None = None
) -> TypedColumn:
  """Returns a column of a dtype; None chooses the narrowest.

  Args:
    name: of the column.
    values: one a row.
    dtype: as the user gives it.
  """
  blank = _find_blank(values)
  filled = values.filter(pa.array(~blank)) if blank.any() else values
  guesses = WIDTHS if dtype is None else [dtype]
  for guess in guesses if len(filled) else []:
    if guess == "string":
      break
    try:
      parsed = _parse(filled, guess)
    except ValueError:
      continue
    except OverflowError:
      # Refused later: such an integer must not turn into a float.
      if dtype is None and not all(
        _is_of(value, guess) for value in filled.to_pylist()
      ):
        continue
      return TypedColumn(name, guess, values, blank, None)
    numbers = parsed if len(filled) == len(values) else None
    return TypedColumn(name, guess, values, blank, numbers)
  return TypedColumn(name, dtype or "string", values, blank, None)


def _find_blank(values: pa.StringArray) -> np.ndarray:
  """Returns which values are empty, or hold nothing but white space; bool [rows]."""
  # Without a visible character of ASCII.
  candidates = pc.match_substring_regex(values, r"^[^!-~]*$")
  blank: np.ndarray = np.array(candidates.to_numpy(zero_copy_only=False), bool)
  for row in np.flatnonzero(blank).tolist():
    value = values[row].as_py()
    blank[row] = not value or value.isspace()
  return blank


def _parse(values: pa.StringArray, dtype: str) -> np.ndarray:
  """Returns numbers, int64 or float64, as the parser of the dtype reads them.

  Raises:
    ValueError: a value isn't a number of this kind.
    OverflowError: int64 doesn't hold a value.
  """
  pattern, arrow_type = _PLAIN[dtype]
  if pc.all(pc.match_substring_regex(values, pattern)).as_py():
    numbers: np.ndarray = pc.cast(values, arrow_type).to_numpy()
    if dtype == "int64" or number_text.float32_holds(numbers):
      return numbers
  parse = PARSERS[dtype]
  return np.array([parse(value) for value in values.to_pylist()])


# Text that Arrow reads as `number_text` does, and as which type.
_PLAIN = {
  "int64": (r"^-?[0-9]{1,18}$", pa.int64()),
  "float32": (
    r"^-?[0-9]{1,18}(\.[0-9]{1,18})?([eE][-+]?[0-9]{1,2})?$",
    pa.float64(),
  ),
}


def fill_blank(block: Block, defaults: Mapping[str, str]) -> Block:
  """Returns a block with values in place of blank ones.

  Args:
    block: of rows.
    defaults: values by column; columns that the block lacks don't count.
  """
  columns = dict(block.columns)
  for name, value in defaults.items():
    if name in columns:
      blank = pa.array(_find_blank(columns[name]))
      columns[name] = pc.if_else(blank, value, columns[name])
  return Block(block.lines, columns)


def find_problems(
  columns: Mapping[str, TypedColumn],
  lines: np.ndarray,
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
    for line, value in zip(
      lines.tolist(), column.values.to_pylist(), strict=True
    ):
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
