"""Outputs as Parquet files, with lists for vectors and for ragged outputs."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from hub_estimator.errors import UserError
from hub_estimator.model_dir import results
from hub_estimator.runs.array_files import Batches
from hub_estimator.runs.ragged_outputs import as_lists
from hub_estimator.runs.whole_files import whole

# A group of rows is read at once, and kept in memory until it is written.
_GROUP_ROWS = 1 << 16
_GROUP_BYTES = 16 << 20


class ListType(NamedTuple):
  """The type of an output whose rows are lists of any length.

  Attributes:
    dtype: of the values, such as "float32".
    depth: of the nested lists; None if it is unknown.
  """

  dtype: str
  depth: int | None


def write_parquet(
  path: str, batches: Batches, lists: Mapping[str, ListType]
) -> int:
  """Writes one row a row, and returns the number of rows.

  Vectors are lists, bfloat16 is float32, and text is UTF-8.

  Args:
    path: of the file.
    batches: arrays [batch, ...] by name; ragged ones hold lists, or arrays.
    lists: the types of those that hold lists, by name.

  Raises:
    UserError: the file can't be written, or strings aren't UTF-8.
  """
  count = 0
  writer: pq.ParquetWriter | None = None
  waiting: list[pa.Table] = []
  with whole(path) as partial:
    try:
      for batch in batches:
        table = pa.table(
          {n: _column(n, values, lists.get(n)) for n, values in batch.items()}
        )
        if writer is None:
          writer = pq.ParquetWriter(partial, table.schema)
        waiting.append(_of_schema(table, writer.schema))
        count += len(table)
        if _is_group(waiting):
          writer.write_table(pa.concat_tables(waiting))
          waiting = []
      if writer is not None and waiting:
        writer.write_table(pa.concat_tables(waiting))
    finally:
      if writer is not None:
        writer.close()
  return count


def _is_group(tables: list[pa.Table]) -> bool:
  return (
    sum(map(len, tables)) >= _GROUP_ROWS
    or sum(table.nbytes for table in tables) >= _GROUP_BYTES
  )


def _column(name: str, values: np.ndarray, kind: ListType | None) -> pa.Array:
  """Returns an array [batch, ...] as a column of values or lists."""
  if kind is None and isinstance(next(iter(values), None), np.ndarray):
    kind = _type_of_arrays(values)
  if kind is not None:
    return _ragged(name, [_plain(row) for row in values], kind)
  flat = values.ravel()
  if values.dtype.kind in "OSU":
    plain = results.plain(flat)
    # Bytes that aren't UTF-8 are objects, which string refuses.
    is_text = all(isinstance(value, (str, dict)) for value in plain)
    column = _converted(name, plain, pa.string() if is_text else None)
  else:
    known = values.dtype.kind != "V"  # bfloat16, which Arrow lacks.
    column = pa.array(flat if known else flat.astype(np.float32))
  for axis in range(values.ndim - 1, 0, -1):
    size = values.shape[axis]
    count = int(np.prod(values.shape[:axis])) + 1
    offsets = pa.array(np.arange(count) * size, pa.int32())
    column = pa.ListArray.from_arrays(offsets, column)
  return column


def _type_of_arrays(values: np.ndarray) -> ListType | None:
  """Returns the type of arrays that differ in shape; None if values is no such."""
  if values.ndim > 1:
    return None
  first = values[0]
  is_text = first.dtype.kind in "OSU"
  return ListType("string" if is_text else str(first.dtype), first.ndim)


def _plain(row: Any) -> Any:
  """Returns a row of lists of numbers or text."""
  return as_lists(row) if isinstance(row, np.ndarray) else row


def _ragged(name: str, rows: list[Any], kind: ListType) -> pa.Array:
  if kind.depth is None:
    return _converted(name, rows, None)
  value = (
    pa.string()
    if kind.dtype == "string"
    else pa.float32()
    if kind.dtype == "bfloat16"
    else pa.from_numpy_dtype(np.dtype(kind.dtype))
  )
  for _ in range(kind.depth):
    value = pa.list_(value)
  return _converted(name, rows, value)


def _converted(
  name: str, rows: list[Any], kind: pa.DataType | None
) -> pa.Array:
  try:
    return pa.array(rows, kind)
  except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
    raise UserError(
      f"Output {name!r} has strings that aren't UTF-8, or lists of several kinds; a "
      ".jsonl file can hold them."
    ) from error


def _of_schema(table: pa.Table, schema: pa.Schema) -> pa.Table:
  """Returns a table in the types of the first one."""
  if table.schema == schema:
    return table
  for name in schema.names:
    found, wanted = table.schema.field(name).type, schema.field(name).type
    if found != wanted:
      raise UserError(
        f"Output {name!r} is {found} in some rows and {wanted} in others; a .jsonl "
        "file can hold both."
      )
  return table.select(schema.names)
