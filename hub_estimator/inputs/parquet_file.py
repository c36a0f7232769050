"""Tables of Parquet and Arrow files."""

import contextlib
import dataclasses
import functools
from collections.abc import (
  Callable,
  Collection,
  Iterable,
  Iterator,
  Mapping,
  Sequence,
)
from typing import Any

import gin
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import ipc, parquet

from hub_estimator import progress, stores
from hub_estimator.errors import UserError, one_line
from hub_estimator.inputs import (
  arrow_arrays,
  encoded_pictures,
  label_lists,
  names,
  shards,
  stored,
  text_file,
)
from hub_estimator.inputs.bad_records import BadRecords, check_choice
from hub_estimator.inputs.interface import Column, Examples, Label

_BATCH_ROWS = 8192


@gin.register("parquet", module="inputs")
@dataclasses.dataclass(frozen=True)
class Parquet:
  """Rows of a Parquet file, or of an Arrow file or stream.

  Columns are text, bytes, numbers, booleans, or lists of them; a list may have any
  length. Numbers keep their type, but for float64, which becomes float32.

  Attributes:
    path: a file, a glob such as "data/train-*.parquet", or a list of files. A file is
      Arrow if it begins as such, whatever its name is.
    label: the column of labels, or a list of one for each head of `heads.multi`;
      None if there are no labels. Lists of labels, for `heads.multi_label`, may
      differ in length.
    features: the columns to read; None reads all but the label.
    bad_records: "raise", or "skip", which leaves out rows with a null, or with a picture that
      can't be decoded, and counts them in the result.
    defaults: values in place of nulls, by column.
  """

  path: str | Sequence[str]
  label: Label = "label"
  features: Sequence[str] | None = None
  bad_records: str = "raise"
  defaults: Mapping[str, str | int | float] | None = None

  def __post_init__(self) -> None:
    check_choice(self.bad_records, "parquet.bad_records")
    names.check_names("parquet", label=self.label, features=self.features)
    names.check_defaults("parquet", self.defaults)

  def read(self) -> Examples:
    """Returns all examples.

    Raises:
      UserError: the file is missing or broken, lacks a column, or has a null that
        isn't filled or skipped.
    """
    return shards.read(self, "inputs.parquet", self._read_file, self._write)

  def blocks(
    self, path: str, columns: Sequence[str]
  ) -> Iterator[dict[str, Column]]:
    """Yields columns of another file of this kind, some rows at a time.

    Args:
      path: the file.
      columns: to read.

    Raises:
      UserError: the file is broken, lacks a column, or has a null.
    """
    with _open(path) as table:
      names.check_columns(path, table.schema.names, columns)
      yield from self._blocks(path, table, columns, BadRecords())

  def _read_file(self, path: str) -> Examples:
    bad = BadRecords(self.bad_records)
    lists = self._label_lists(path)
    with _open(path) as table:
      wanted = self._wanted(path, table.schema.names)
      whole = pa.Table.from_batches(
        table.read(wanted), pa.schema(map(table.schema.field, wanted))
      ).combine_chunks()
    if not whole.num_rows:
      raise UserError(f"{path} has no examples.")
    batch = whole.to_batches(max_chunksize=whole.num_rows)[0]
    return names.split_label(
      self._columns(path, batch, 0, bad, lists),
      label=self.label,
      features=self.features,
      source=path,
      skipped=bad.skipped,
    )

  def _write(
    self, files: Sequence[str], writer: stores.StoreWriter
  ) -> dict[str, Any]:
    """Writes all rows, and returns what else is known of the files."""
    bad = BadRecords(self.bad_records)
    blocks = stored.BlockWriter(writer, self.label)
    lists = set().union(*map(self._label_lists, files))
    for path in files:
      rows = 0
      with _open(path) as table:
        wanted = self._wanted(path, table.schema.names)
        for block in self._blocks(path, table, wanted, bad, lists):
          rows += len(next(iter(block.values())))
          blocks.append_of(path, block)
      text_file.check_not_empty(range(rows), path, bad)
    return blocks.close(skipped=bad.skipped)

  def _blocks(
    self,
    path: str,
    table: "_Table",
    wanted: Sequence[str],
    bad: BadRecords,
    lists: Collection[str] = (),
  ) -> Iterator[dict[str, Column]]:
    """Yields the columns of good rows, some at a time."""
    done = 0
    for batch in table.read(list(wanted)):
      block = self._columns(path, batch, done, bad, lists)
      done += batch.num_rows
      progress.report(f"reading {path}", done, table.rows, unit="rows")
      if len(next(iter(block.values()))):
        yield block

  def _wanted(self, path: str, held: Sequence[str]) -> list[str]:
    of_labels = names.label_columns(self.label)
    features = self.features
    if features is None:
      features = [name for name in held if name not in of_labels]
    wanted = [*features, *of_labels]
    names.check_columns(path, held, wanted)
    return list(dict.fromkeys(wanted))

  def _label_lists(self, path: str) -> set[str]:
    """Returns the columns of labels that hold lists of different lengths."""
    with _open(path) as table:
      of_labels = [
        name
        for name in names.label_columns(self.label)
        if name in table.schema.names
        and pa.types.is_nested(table.schema.field(name).type)
      ]
      lengths: dict[str, set[int]] = {name: set() for name in of_labels}
      for batch in table.read(of_labels) if of_labels else []:
        for name in of_labels:
          lengths[name].update(arrow_arrays.lengths(batch.column(name)))
    return {n for n, found in lengths.items() if len(found) > 1 or 0 in found}

  def _columns(
    self,
    path: str,
    batch: pa.RecordBatch,
    first: int,
    bad: BadRecords,
    lists: Collection[str],
  ) -> dict[str, Column]:
    """Returns the columns of rows from `first` on, without bad rows."""
    columns = dict(zip(batch.schema.names, batch.columns, strict=True))
    for name, value in (self.defaults or {}).items():
      if name in columns:
        columns[name] = pc.fill_null(columns[name], value)
    is_bad = np.zeros(batch.num_rows, bool)
    for name, column in columns.items():
      nulls = arrow_arrays.find_null(column)
      for row in np.flatnonzero(nulls & ~is_bad).tolist():
        bad.add(
          f"{path}, row {first + row}: {name!r} is null; inputs.parquet.defaults "
          'fills nulls, and bad_records = "skip" leaves such rows out.'
        )
      is_bad |= nulls
    if bad.are_skipped:
      for row, problem in _find_damaged(columns).items():
        if not is_bad[row]:
          bad.add(f"{path}, row {first + row}: {problem}.")
        is_bad[row] = True
    rows = np.flatnonzero(~is_bad)
    if is_bad.any():
      columns = {n: c.take(pa.array(rows)) for n, c in columns.items()}
    return {
      name: label_lists.lists(column.to_pylist())
      if name in lists
      else arrow_arrays.read(
        name, column, lambda row: f"{path}, row {first + int(rows[row])}"
      )
      for name, column in columns.items()
    }


def _find_damaged(columns: Mapping[str, pa.Array]) -> dict[int, str]:
  """Returns what is wrong with rows whose picture can't be decoded, by row."""
  of_bytes = {
    name: np.array(pc.fill_null(column, b"").to_pylist(), object)
    for name, column in columns.items()
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)
  }
  return encoded_pictures.find_damaged(of_bytes)


@dataclasses.dataclass
class _Table:
  """An open file.

  Attributes:
    schema: its columns.
    rows: how many there are; None if the file doesn't say.
    read: given columns, yields their rows, some at a time.
  """

  schema: pa.Schema
  rows: int | None
  read: Callable[[list[str]], Iterator[pa.RecordBatch]]


def column_names(path: str) -> list[str]:
  """Returns the columns of a Parquet or Arrow file.

  Raises:
    UserError: it is none, or is damaged.
  """
  with _open(path) as table:
    return list(table.schema.names)


def table_rows(path: str) -> Iterator[dict[str, Any]]:
  """Yields the rows of a Parquet or Arrow file, nulls as None.

  Raises:
    UserError: it is none, or is damaged.
  """
  with _open(path) as table:
    for batch in table.read(list(table.schema.names)):
      yield from batch.to_pylist()


@contextlib.contextmanager
def _open(path: str) -> Iterator[_Table]:
  """Opens a Parquet file, an Arrow file or an Arrow stream.

  Raises:
    UserError: while the file is read, if it is none of them, or is damaged.
  """
  try:
    with pa.memory_map(path) as file:
      start = file.read(6)
      file.seek(0)
      if start[:4] == b"PAR1":
        opened = parquet.ParquetFile(file)
        yield _Table(
          opened.schema_arrow,
          opened.metadata.num_rows,
          lambda columns: (
            batch.select(columns)
            for batch in opened.iter_batches(_BATCH_ROWS, columns=columns)
          ),
        )
      elif start == b"ARROW1":
        reader = ipc.open_file(file)
        batches = map(reader.get_batch, range(reader.num_record_batches))
        yield _Table(reader.schema, None, functools.partial(_sliced, batches))
      else:
        stream = ipc.open_stream(file)
        yield _Table(stream.schema, None, functools.partial(_sliced, stream))
  except (pa.ArrowException, OSError) as error:
    raise UserError(
      f"{path} isn't a whole Parquet or Arrow file: {one_line(error)}"
    ) from error


def _sliced(
  batches: Iterable[pa.RecordBatch], columns: list[str]
) -> Iterator[pa.RecordBatch]:
  """Yields columns of batches, a bounded number of rows at a time."""
  for batch in batches:
    for first in range(0, batch.num_rows, _BATCH_ROWS):
      yield batch.select(columns).slice(first, _BATCH_ROWS)
