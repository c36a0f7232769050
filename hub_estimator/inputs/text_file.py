"""Text files with one example a row: what csv and JSON lines have in common."""

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TextIO

from hub_estimator.errors import UserError
from hub_estimator.inputs.bad_records import BadRecords
from hub_estimator.inputs.interface import Column, Examples, Label
from hub_estimator.inputs.names import label_columns, split_label

# Values by column.
Row = Mapping[str, Any]


@contextlib.contextmanager
def open_text(path: str) -> Iterator[TextIO]:
  """Opens a UTF-8 file, with or without a byte order mark, line ends as they are.

  Raises:
    UserError: while the file is read, if it isn't UTF-8.
  """
  with open(path, encoding="utf-8-sig", newline="") as file:
    try:
      yield file
    except UnicodeDecodeError as error:
      raise UserError(f"{path} isn't UTF-8: {error}.") from error


def read_examples(
  path: str,
  numbered: Iterable[tuple[int, Row]],
  *,
  label: Label,
  features: Sequence[str] | None,
  bad: BadRecords,
  find_problem: Callable[[Row, Sequence[str]], str | None],
  make_column: Callable[[str, Sequence[Any]], Column],
) -> Examples:
  """Returns the rows of a file as examples.

  Args:
    path: the file, for messages.
    numbered: (line number, row) in the file's order.
    label: the input's `label`.
    features: the input's `features`; None reads the columns of the first row.
    bad: counts the bad rows, or refuses the first.
    find_problem: given a row and the wanted columns, returns why the row is bad,
      or None.
    make_column: given a column's name and values, returns it.

  Raises:
    UserError: there is no good row, a bad row is refused, or a named column
      doesn't exist.
  """
  rows = list(numbered)
  _check_not_empty(rows, path, bad)
  names = (
    list(rows[0][1]) if features is None else [*features, *label_columns(label)]
  )
  good = []
  for line, row in rows:
    problem = find_problem(row, names)
    if problem is None:
      good.append(row)
    else:
      bad.add(f"{path}, line {line}: {problem}.")
  _check_not_empty(good, path, bad)
  columns = {
    name: make_column(name, [row[name] for row in good])
    for name in names
    if name in good[0]
  }
  return split_label(
    columns, label=label, features=features, source=path, skipped=bad.skipped
  )


def _check_not_empty(rows: Sequence[Any], path: str, bad: BadRecords) -> None:
  if not rows:
    skipped = f"; bad rows skipped: {bad.skipped}" if bad.skipped else ""
    raise UserError(f"{path} has no examples{skipped}.")
