"""A survey of a table: its columns, repeated rows, and rows that a second one shares."""

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.surveying import columns
from hub_estimator.surveying.columns import Column, describe
from hub_estimator.surveying.table import IMAGE, Table


@dataclasses.dataclass(frozen=True)
class Leakage:
  """Rows of evaluation that are in training, too; ids don't count.

  Attributes:
    path: of the evaluation data.
    rows: of the evaluation data.
    shared: how many of them equal a row of training.
    row: the first of them, from 0; None if there is none.
  """

  path: str
  rows: int
  shared: int
  row: int | None


@dataclasses.dataclass(frozen=True)
class Survey:
  """What a table holds.

  Attributes:
    path: of the table.
    format: the name of its reader in gin.
    rows: how many were read.
    is_whole: whether these are all.
    columns: in the order of the table.
    repeated: rows that equal an earlier one; ids don't count.
    repeat: two such rows, from 0; None if there are none.
    leakage: rows that a second table shares; None if there is only one table.
  """

  path: str
  format: str
  rows: int
  is_whole: bool
  columns: Sequence[Column]
  repeated: int
  repeat: tuple[int, int] | None
  leakage: Leakage | None = None

  def column(self, name: str) -> Column:
    """Returns a column by its name."""
    return next(column for column in self.columns if column.name == name)


def survey(table: Table, evaluation: Table | None = None) -> Survey:
  """Returns what a table holds, and what an evaluation table shares with it.

  Args:
    table: of training.
    evaluation: its rows are looked for in `table`.
  """
  folder = os.path.dirname(os.path.abspath(table.path))
  found = [describe(n, v, folder=folder) for n, v in table.columns.items()]
  names = [
    column.name
    for column in found
    if column.kind != columns.ID
    and (evaluation is None or column.name in evaluation.columns)
  ]
  first: dict[int, int] = {}
  repeated, repeat = 0, None
  for row, key in enumerate(_keys(table, names)):
    earlier = first.setdefault(key, row)
    if earlier != row:
      repeated += 1
      repeat = repeat or (earlier, row)
  leakage = None
  if evaluation is not None:
    keys = enumerate(_keys(evaluation, names))
    shared = [row for row, key in keys if key in first]
    leakage = Leakage(
      evaluation.path,
      evaluation.rows,
      len(shared),
      shared[0] if shared else None,
    )
  return Survey(
    table.path,
    table.format,
    table.rows,
    table.is_whole,
    tuple(found),
    repeated,
    repeat,
    leakage,
  )


def _keys(table: Table, names: Sequence[str]) -> Iterator[int]:
  """Yields a hash of each row; of an image in a folder, of its content."""
  wanted: Mapping[str, list[Any]] = {n: table.columns[n] for n in names}
  is_folder = table.format == "image_folder"
  for values in zip(*wanted.values(), strict=True):
    row = dict(zip(wanted, values, strict=True))
    if is_folder:
      with open(row[IMAGE], "rb") as file:
        row = {IMAGE: file.read()}
    yield hash(tuple(_hashable(value) for value in row.values()))


def _hashable(value: Any) -> Any:
  if isinstance(value, np.ndarray):
    return value.tobytes()
  return tuple(map(_hashable, value)) if isinstance(value, list) else value
