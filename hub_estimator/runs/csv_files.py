"""Outputs as csv files, for spreadsheets and tables."""

import itertools
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.model_dir import results
from hub_estimator.runs.array_files import Batches
from hub_estimator.runs.whole_files import whole

# With these, a spreadsheet takes text for a formula, which may run commands.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")

# A line of one empty cell; a blank line would be no row.
_EMPTY = '""'


def write_csv(path: str, batches: Batches) -> int:
  """Writes one line a row, and returns the number of rows.

  A vector has a column for each value, "<name>_0" and so on; a vector of one value
  has the column "<name>". Text that a spreadsheet would take for a formula starts
  with an apostrophe.

  Args:
    path: of the file.
    batches: arrays [batch, ...] by name.

  Raises:
    UserError: the file can't be written, rows differ in shape, or strings aren't
      UTF-8.
  """
  count = 0
  header: list[str] = []
  with (
    whole(path) as partial,
    open(partial, "w", encoding="utf-8", newline="") as file,
  ):
    for batch in batches:
      columns = dict(
        itertools.chain.from_iterable(
          _columns(name, values) for name, values in batch.items()
        )
      )
      if not header:
        header = list(columns)
        _check_header(header, batch.values())
        file.write(_line(map(_safe, header)))
      if list(columns) != header:
        raise UserError(
          f"The rows differ in shape: columns {_ends(header)}, then "
          f"{_ends(list(columns))}; a .jsonl file can hold both."
        )
      for row in zip(*columns.values(), strict=True):
        file.write(_line(row))
        count += 1
  return count


def _line(cells: Iterable[Any]) -> str:
  """Returns a line of a csv file; the csv module of Python 3.11 doesn't quote \\r."""
  line = ",".join(_quoted(str(cell)) for cell in cells)
  return f"{line or _EMPTY}\n"


def _quoted(cell: str) -> str:
  if set(cell) & set(',"\r\n'):
    return '"' + cell.replace('"', '""') + '"'
  return cell


def _columns(name: str, values: np.ndarray) -> Iterator[tuple[str, list[Any]]]:
  """Yields the columns of an array [batch, ...], each with its name."""
  if values.ndim == 1 or values.shape[1:] == (1,):
    yield name, _cells(name, values.reshape(len(values)))
    return
  for place in np.ndindex(values.shape[1:]):
    column = "_".join([name, *map(str, place)])
    yield column, _cells(name, values[(slice(None), *place)])


def _cells(name: str, values: np.ndarray) -> list[Any]:
  cells = results.plain(values)
  if any(isinstance(cell, (list, dict)) for cell in cells):
    raise UserError(
      f"Output {name!r} has lists, or strings that aren't UTF-8; a .jsonl file can "
      "hold them."
    )
  return (
    [_safe(cell) for cell in cells] if values.dtype.kind in "OSU" else cells
  )


def _safe(cell: Any) -> Any:
  """Returns a cell that no spreadsheet takes for a formula."""
  if not isinstance(cell, str) or not cell.startswith(_FORMULA):
    return cell
  try:
    float(cell)  # A class named -1 is a number to it.
  except ValueError:
    return f"'{cell}"
  return cell


def _check_header(header: list[str], arrays: Any) -> None:
  """Raises a UserError if two outputs have columns of one name."""
  width = sum(int(np.prod(values.shape[1:])) for values in arrays)
  if width != len(header):
    raise UserError(
      "Two outputs have columns of the same name in a csv file, such as 'a' of two "
      "values and 'a_0'; a .jsonl file can hold both."
    )


def _ends(names: list[str]) -> str:
  return f"{names[0]!r} to {names[-1]!r} ({len(names)})"
