"""Comma-separated values with a header."""

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gin
import numpy as np

from hub_estimator import stores
from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs import (
  csv_rows,
  csv_types,
  label_lists,
  names,
  shards,
  stored,
  text_file,
)
from hub_estimator.inputs.account import Account
from hub_estimator.inputs.bad_records import BadRecords, check_choice
from hub_estimator.inputs.csv_blocks import Block
from hub_estimator.inputs.csv_table import CsvTable, WiderTypeError
from hub_estimator.inputs.interface import Examples, Label

_Row = tuple[int, dict[str, str]]


@gin.register("csv", module="inputs")
@dataclasses.dataclass(frozen=True)
class Csv:
  """Rows of a file of comma-separated values with a header.

  Attributes:
    path: a file, a glob such as "data/train-*.csv", or a list of files; UTF-8, gzip if
      it ends in .gz and Zstandard if it ends in .zst.
    label: the column of labels; None if there are no labels; or a list of columns:
      one for each head of `heads.multi`, or one with 0 and 1 for each class of
      `heads.multi_label`.
    features: the columns to read; None reads all but the label.
    dtypes: "string", "int64" or "float32" by column. A column that isn't listed
      is int64 if all its values are integers, else float32 if all are numbers,
      else string. Blank values of such a column don't count.
    delimiter: one character.
    bad_records: "raise", or "skip", which leaves out bad rows and counts them in
      the result: rows with more or fewer fields than the header, with a quote that
      is never closed, with a blank number or label, or with a value that isn't of
      its column's dtype in `dtypes`.
    quoting: "minimal", as spreadsheets and Python's csv module write it; or "none"
      for a file whose quotes are characters like any other.
    defaults: values in place of blank ones, by column.
    label_separator: separates the labels of `heads.multi_label` in the column
      `label`, such as "|"; a blank cell then means none. None if there is one
      label a row.
  """

  path: str | Sequence[str]
  label: Label = "label"
  features: Sequence[str] | None = None
  dtypes: Mapping[str, str] | None = None
  delimiter: str = ","
  bad_records: str = "raise"
  quoting: str = "minimal"
  defaults: Mapping[str, str | int | float] | None = None
  label_separator: str | None = None

  def __post_init__(self) -> None:
    check_choice(self.bad_records, "csv.bad_records")
    names.check_names("csv", label=self.label, features=self.features)
    if self.quoting not in csv_rows.QUOTING:
      raise UserError(
        f"csv.quoting is {self.quoting!r}: "
        + nearest(self.quoting, csv_rows.QUOTING)
      )
    if (
      not isinstance(self.delimiter, str)
      or len(self.delimiter) != 1
      or self.delimiter in '"\r\n'
    ):
      raise UserError(
        f"csv.delimiter is {self.delimiter!r}; it is one character, and neither a "
        "quote nor a line break."
      )
    names.check_defaults("csv", self.defaults)
    label_lists.check_separator(self.label_separator, self.label)

  def read(self) -> Examples:
    """Returns all examples.

    Raises:
      UserError: the file is missing or empty, lacks a named column, or has a bad
        row that isn't skipped.
    """
    return shards.read(
      self,
      "inputs.csv",
      self._read_file,
      functools.partial(self._write, types={}),
      read_as=lambda path, dtypes: dataclasses.replace(
        self, dtypes={**dtypes, **(self.dtypes or {})}
      )._read_file(path),
    )

  def _read_file(self, path: str) -> Examples:
    table = self._table(path, {})
    blocks = list(self._blocks(path, table.account, table.bad))
    text_file.check_not_empty(blocks, path, table.bad)
    columns = table.add(Block.join(blocks))
    table.close()
    examples = names.split_label(
      {name: self._array(column) for name, column in columns.items()},
      label=self.label,
      features=self.features,
      source=path,
      skipped=table.bad.skipped,
    )
    return dataclasses.replace(
      examples, lines=table.account.lines, notes=tuple(table.account.notes)
    )

  def _write(
    self,
    files: Sequence[str],
    types: dict[str, str],
    writer: stores.StoreWriter,
  ) -> dict[str, Any]:
    """Writes all rows, and returns what else is known of the files."""
    blocks = stored.BlockWriter(writer, self.label)
    skipped, lines, notes = 0, 0, list[str]()
    for path in files:
      table = self._table(path, types)
      try:
        for block in self._blocks(path, table.account, table.bad):
          columns = table.add(block)
          blocks.append_of(
            path, {name: self._array(c) for name, c in columns.items()}
          )
      except WiderTypeError as wider:
        types[wider.column] = wider.dtype
        raise stored.ReadAgain from wider
      table.close()
      skipped += table.bad.skipped
      lines += table.account.lines
      notes += table.account.notes
    return blocks.close(skipped=skipped, lines=lines, notes=notes)

  def rows(self, path: str, account: Account) -> Iterator[_Row]:
    """Yields (line number, row by column) of another file of this kind.

    Args:
      path: the file.
      account: of the file; its reader closes it.

    Raises:
      UserError: the file isn't UTF-8, its header repeats a column, or a row is bad.
    """
    yield from self._rows(path, account, BadRecords())

  def _rows(
    self, path: str, account: Account, bad: BadRecords
  ) -> Iterator[_Row]:
    for block in self._blocks(path, account, bad):
      yield from block.rows()

  def _blocks(
    self, path: str, account: Account, bad: BadRecords
  ) -> Iterator[Block]:
    """Yields the rows of a file, blank values replaced by the user's defaults."""
    defaults = {n: str(value) for n, value in (self.defaults or {}).items()}
    for block in csv_rows.read_blocks(
      path,
      delimiter=self.delimiter,
      quoting=self.quoting,
      bad=bad,
      account=account,
      rename=lambda header: names.as_named(header, self._named()),
    ):
      yield csv_types.fill_blank(block, defaults)

  def _table(self, path: str, types: dict[str, str]) -> CsvTable:
    return CsvTable(
      Account(path),
      BadRecords(self.bad_records),
      names=functools.partial(self._read_names, path),
      given=functools.partial(self._checked_dtypes, path),
      types=types,
      labels=[] if self.label_separator else names.label_columns(self.label),
    )

  def _named(self) -> list[str]:
    """Returns all columns that the user names."""
    return [
      *names.label_columns(self.label),
      *(self.features or ()),
      *(self.dtypes or ()),
      *(self.defaults or ()),
    ]

  def _read_names(self, path: str, header: Sequence[str]) -> list[str]:
    if self.features is None:
      names.check_columns(path, header, names.label_columns(self.label))
      return list(header)
    read = [*self.features, *names.label_columns(self.label)]
    names.check_columns(path, header, read)
    return read

  def _checked_dtypes(self, path: str, header: Sequence[str]) -> dict[str, str]:
    dtypes = dict(self.dtypes or {})
    for name, dtype in dtypes.items():
      if dtype not in csv_types.PARSERS:
        raise UserError(
          f"csv.dtypes has {dtype!r} for {name!r}: "
          + nearest(dtype, csv_types.PARSERS)
        )
    for name in [*dtypes, *(self.defaults or ())]:
      if name not in header:
        what = "dtypes" if name in dtypes else "defaults"
        raise UserError(
          f"csv.{what} names the column {name!r}, which {path} doesn't have; "
          + nearest(name, header)
        )
    if self.label_separator and isinstance(self.label, str):
      dtypes[self.label] = "string"
    return dtypes

  def _array(self, column: csv_types.TypedColumn) -> np.ndarray:
    if self.label_separator is not None and column.name == self.label:
      return label_lists.split(column.values.to_pylist(), self.label_separator)
    return column.array()
