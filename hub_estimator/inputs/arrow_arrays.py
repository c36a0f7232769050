"""Columns of Arrow and Parquet files as arrays that TensorFlow has."""

from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from hub_estimator.errors import UserError
from hub_estimator.inputs import arrays
from hub_estimator.inputs.interface import Column
from hub_estimator.inputs.sequences import Ragged

# Given a row of a column, its place for messages.
_Place = Callable[[int], str]


def find_null(column: pa.Array) -> np.ndarray:
  """Returns which rows are null, or lists that hold a null; bool [rows]."""
  nulls: np.ndarray = np.array(column.is_null().to_numpy(zero_copy_only=False))
  if _is_list(column.type) and column.flatten().null_count:
    inside = pc.list_parent_indices(column).to_numpy()
    nulls[inside[column.flatten().is_null().to_numpy(zero_copy_only=False)]] = (
      True
    )
  return nulls


def lengths(column: pa.Array) -> set[int]:
  """Returns the distinct lengths of lists that aren't null."""
  found = pc.unique(pc.list_value_length(column)).to_pylist()
  return {length for length in found if length is not None}


def read(name: str, column: pa.Array, place: _Place) -> Column:
  """Returns a column without nulls.

  Booleans become int64 and float64 float32; other numbers keep their type. Text and
  bytes become objects of `bytes`. Lists of different lengths are padded.

  Args:
    name: of the column, for messages.
    column: [rows].
    place: names a row, for messages.

  Raises:
    UserError: TensorFlow has no such type, or float32 doesn't hold a number.
  """
  if pa.types.is_dictionary(column.type):
    column = column.dictionary_decode()
  if not _is_list(column.type):
    return _flat(name, column, place)
  sizes = pc.list_value_length(column).to_numpy().astype(np.int64)
  parents = np.repeat(np.arange(len(column)), sizes)
  elements = column.flatten()
  if _is_list(elements.type):
    inner = read(name, elements, lambda i: place(int(parents[i])))
    values = np.asarray(inner) if isinstance(inner, np.ndarray) else None
    if values is None:
      raise UserError(f"{place(0)}: the lists of {name!r} differ in length.")
  else:
    values = _flat(name, elements, lambda i: place(int(parents[i])))
  if len(set(sizes.tolist())) == 1:
    return values.reshape(len(column), int(sizes[0]), *values.shape[1:])
  return Ragged(values, sizes)


def _flat(name: str, column: pa.Array, place: _Place) -> np.ndarray:
  kind = column.type
  if pa.types.is_dictionary(kind):
    column = column.dictionary_decode()
    kind = column.type
  if pa.types.is_string(kind) or pa.types.is_large_string(kind):
    column = column.cast(
      pa.binary() if pa.types.is_string(kind) else pa.large_binary()
    )
    return _objects(column)
  if (
    pa.types.is_binary(kind)
    or pa.types.is_large_binary(kind)
    or pa.types.is_fixed_size_binary(kind)
  ):
    return _objects(column)
  if pa.types.is_boolean(kind):
    flags: np.ndarray = column.to_numpy(zero_copy_only=False)
    return flags.astype(np.int64)
  if pa.types.is_integer(kind):
    return np.array(column.to_numpy(zero_copy_only=False))
  if pa.types.is_floating(kind):
    return _floats(name, column.to_numpy(zero_copy_only=False), place)
  raise UserError(
    f"{place(0)}: {name!r} is {kind}, which TensorFlow doesn't have; leave it out "
    "with features, or write it as text or numbers."
  )


def _objects(column: pa.Array) -> np.ndarray:
  return np.asarray(column.to_numpy(zero_copy_only=False), object)


def _floats(name: str, values: np.ndarray, place: _Place) -> np.ndarray:
  with np.errstate(over="ignore"):
    cast = values.astype(np.float32)
  row = arrays.changed_row(values, cast) if values.size else None
  if row is not None:
    raise UserError(
      f"{place(row)}: {name!r} is {values[row]}, which float32 doesn't hold."
    )
  return cast


def _is_list(kind: pa.DataType) -> bool:
  return bool(
    pa.types.is_list(kind)
    or pa.types.is_large_list(kind)
    or pa.types.is_fixed_size_list(kind)
  )
