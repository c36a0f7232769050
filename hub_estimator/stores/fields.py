"""The columns of a store: their types, and their values in the bytes of a row."""

import dataclasses
import itertools
from collections.abc import Collection, Sequence

import numpy as np

STRING = "string"
# Ways to make a column's type wider, so that later values fit.
FLOAT = "float"
LIST = "list"

# [rows, ...]; or the elements of all lists, [elements, ...], and the lists' lengths.
Values = tuple[np.ndarray, np.ndarray | None]


class OtherType(ValueError):
  """Values that can't be in one column with the earlier ones.

  Attributes:
    column: its name.
  """

  def __init__(self, column: str, problem: str) -> None:
    super().__init__(problem)
    self.column = column


class WiderType(Exception):
  """Values need a wider type than the earlier ones, which must be written again.

  Attributes:
    column: its name.
    way: how it is made wider: `FLOAT` or `LIST`.
  """

  def __init__(self, column: str, way: str) -> None:
    super().__init__(f"{column!r} as {way}")
    self.column = column
    self.way = way


@dataclasses.dataclass(frozen=True)
class Field:
  """One column.

  Attributes:
    name: of the column.
    dtype: "string" for text and bytes; else NumPy's.
    inner: the shape of one row's value, or of an element of its list.
    is_list: whether rows are lists that may differ in length.
  """

  name: str
  dtype: str
  inner: tuple[int, ...] = ()
  is_list: bool = False

  @property
  def is_fixed(self) -> bool:
    """Whether each row has as many bytes."""
    return self.dtype != STRING and not self.is_list

  @property
  def size(self) -> int:
    """The number of values in a row, or in an element of its list."""
    return int(np.prod(self.inner, dtype=np.int64))


def describe(name: str, values: Values, ways: Collection[str]) -> Field:
  """Returns the type of a column's first values.

  Args:
    name: of the column.
    values: its first ones.
    ways: how its type is made wider, as later values need it.
  """
  array, lengths = values
  dtype = STRING if array.dtype.kind == "O" else array.dtype.name
  if FLOAT in ways:
    dtype = "float32"
  inner, is_list = array.shape[1:], lengths is not None
  if LIST in ways and not is_list:
    inner, is_list = inner[1:], True
  return Field(name, dtype, inner, is_list)


def fit(field: Field, values: Values) -> Values:
  """Returns values as a column has them.

  Args:
    field: the column.
    values: to append to it.

  Raises:
    WiderType: the column needs a wider type.
    OtherType: the values are of another kind.
  """
  array, lengths = values
  is_text = array.dtype.kind == "O"
  if is_text != (field.dtype == STRING):
    raise OtherType(field.name, "text and numbers")
  if field.is_list and lengths is None and array.ndim > 1:
    lengths = np.full(len(array), array.shape[1], np.int64)
    array = array.reshape(-1, *array.shape[2:])
  if (lengths is not None) != field.is_list or array.shape[1:] != field.inner:
    own = field.inner if field.is_list else field.inner[1:]
    found = array.shape[1:] if lengths is not None else array.shape[2:]
    has_lists = array.ndim > 1 or lengths is not None
    if field.is_list or not field.inner or not has_lists or own != found:
      raise OtherType(field.name, "lists of different depths")
    raise WiderType(field.name, LIST)
  if not is_text and array.dtype.name != field.dtype:
    kinds = {array.dtype.kind, np.dtype(field.dtype).kind}
    if kinds != {"i", "f"}:
      raise OtherType(field.name, f"{array.dtype.name} and {field.dtype}")
    if field.dtype != "float32":
      raise WiderType(field.name, FLOAT)
    # By float64, as NumPy does where both kinds are in one list.
    array = array.astype(np.float64).astype(np.float32)
  return array, lengths


def encode(field: Field, values: Values) -> list[bytes]:
  """Returns the bytes of each row's value, for a field that isn't fixed."""
  array, lengths = values
  if field.dtype != STRING:
    content = np.ascontiguousarray(array).tobytes()
    width = field.size * array.dtype.itemsize
    return _split(content, (np.asarray(lengths) * width).tolist())
  if not field.is_list and not field.inner:
    return list(array)
  strings = array.ravel().tolist()
  counts = [field.size] * len(array)
  if lengths is not None:
    counts = (np.asarray(lengths) * field.size).tolist()
  ends = itertools.accumulate(counts)
  return [
    _pack(strings[end - count : end])
    for end, count in zip(ends, counts, strict=True)
  ]


def decode(field: Field, rows: Sequence[bytes]) -> Values:
  """Returns the values of rows, given the bytes of each."""
  if field.dtype != STRING:
    width = field.size * np.dtype(field.dtype).itemsize
    flat = np.frombuffer(b"".join(rows), field.dtype)
    lengths = np.array([len(row) // width for row in rows], np.int64)
    return flat.reshape(-1, *field.inner), lengths
  if not field.is_list and not field.inner:
    return _objects(rows), None
  unpacked = [_unpack(row) for row in rows]
  strings = _objects([text for row in unpacked for text in row])
  if not field.is_list:
    return strings.reshape(len(rows), *field.inner), None
  counts = np.array([len(row) for row in unpacked], np.int64)
  return strings.reshape(-1, *field.inner), counts // max(field.size, 1)


def _objects(values: Sequence[bytes]) -> np.ndarray:
  array = np.empty(len(values), object)
  array[:] = values
  return array


def _split(content: bytes, sizes: Sequence[int]) -> list[bytes]:
  return [
    content[end - size : end]
    for end, size in zip(itertools.accumulate(sizes), sizes, strict=True)
  ]


def _pack(strings: Sequence[bytes]) -> bytes:
  """Returns strings as one: their number, their lengths, and themselves."""
  head = np.array([len(strings), *map(len, strings)], np.uint32)
  return head.tobytes() + b"".join(strings)


def _unpack(packed: bytes) -> list[bytes]:
  (count,) = np.frombuffer(packed[:4], np.uint32).tolist()
  start = 4 * (count + 1)
  sizes = np.frombuffer(packed[4:start], np.uint32).tolist()
  return _split(packed[start:], sizes)
