"""Columns that are written a block of rows at a time, their types found on the way."""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence
from typing import Any, BinaryIO

import numpy as np

_CHUNK = 1 << 22  # Bytes.


class OtherType(ValueError):
  """A block that doesn't fit into the column behind the earlier ones."""


@dataclasses.dataclass(frozen=True)
class _Part:
  """A block of a column on disk.

  Attributes:
    rows: of the block.
    elements: of all its lists, or its rows if they aren't lists.
    dtype: of the values.
    inner: the shape of an element.
    length: of each list; None if lists differ, or if rows aren't lists.
  """

  rows: int
  elements: int
  dtype: str
  inner: tuple[int, ...]
  is_list: bool
  length: int | None


class ColumnWriter:
  """Writes one column.

  Integers become float32 if floats follow, and lists may differ in length.
  """

  def __init__(self, directory: pathlib.Path, number: int) -> None:
    """Opens the files of a column.

    Args:
      directory: of the store.
      number: of the column.
    """
    self._paths = {
      kind: directory / f"{number}.{kind}"
      for kind in ("values", "ends", "lengths")
    }
    self._files: dict[str, BinaryIO] = {}
    self._parts: list[_Part] = []
    self._end = 0
    self._ranks: np.ndarray | None = None

  def append(
    self, values: np.ndarray, lengths: Sequence[int] | np.ndarray | None = None
  ) -> None:
    """Writes a block.

    Args:
      values: [rows, ...]; or of lists of different lengths all elements,
        [elements, ...].
      lengths: of the lists; None if rows are alike.

    Raises:
      OtherType: values of another kind or shape follow.
    """
    part = _describe(values, lengths)
    if self._parts:
      _check_follows(self._parts[-1], part)
    self._parts.append(part)
    if values.dtype.kind == "O":
      self._write_strings(values.ravel().tolist())
    else:
      self._file("values").write(np.ascontiguousarray(values).data)
    if part.is_list:
      full = np.full(part.rows, part.length) if lengths is None else lengths
      self._file("lengths").write(np.asarray(full, np.int64).tobytes())

  def append_text(self, text: bytes, ends: np.ndarray) -> None:
    """Writes a block of strings, one a row.

    Args:
      text: all strings, one behind the other.
      ends: int64, of each string in it.
    """
    part = _Part(len(ends), len(ends), "string", (), False, None)
    if self._parts:
      _check_follows(self._parts[-1], part)
    self._parts.append(part)
    self._write_text(text, ends)

  def renumber(self, ranks: np.ndarray) -> None:
    """Replaces each value, an index, when the column is finished.

    Args:
      ranks: int64, the new value of each index.
    """
    self._ranks = ranks

  def discard(self) -> None:
    """Closes and removes the files."""
    for kind, file in self._files.items():
      file.close()
      self._paths[kind].unlink()

  def close(self) -> dict[str, Any]:
    """Finishes the files, and returns the column's dtype, shape and kind."""
    dtypes = {part.dtype for part in self._parts}
    for file in self._files.values():
      file.close()
    if len(dtypes) > 1:
      # By float64, as NumPy does where both kinds are in one list.
      self._rewrite(lambda v: v.astype(np.float64).astype(np.float32))
    elif self._ranks is not None:
      ranks = self._ranks
      self._rewrite(lambda v: ranks[v])
    first = self._parts[0]
    rows = sum(part.rows for part in self._parts)
    lengths = {part.length for part in self._parts}
    is_ragged = first.is_list and (None in lengths or len(lengths) > 1)
    if first.is_list and not is_ragged:
      self._paths["lengths"].unlink()
      shape = [rows, first.length, *first.inner]
    elif is_ragged:
      shape = [sum(part.elements for part in self._parts), *first.inner]
    else:
      shape = [rows, *first.inner]
    return {
      "dtype": "float32" if len(dtypes) > 1 else first.dtype,
      "shape": shape,
      "ragged": is_ragged,
    }

  def _file(self, kind: str) -> BinaryIO:
    if kind not in self._files:
      self._files[kind] = self._paths[kind].open("wb")
      if kind == "ends":
        self._files[kind].write(np.zeros(1, np.int64).tobytes())
    return self._files[kind]

  def _write_strings(self, strings: Sequence[bytes]) -> None:
    lengths = np.fromiter(map(len, strings), np.int64, len(strings))
    self._write_text(b"".join(strings), np.cumsum(lengths))

  def _write_text(self, text: bytes, ends: np.ndarray) -> None:
    self._file("values").write(text)
    self._file("ends").write((ends + self._end).astype(np.int64).tobytes())
    self._end += len(text)

  def _rewrite(self, convert: Callable[[np.ndarray], np.ndarray]) -> None:
    """Replaces all numbers, a chunk at a time."""
    path = self._paths["values"]
    rewritten = path.with_suffix(".partial")
    with path.open("rb") as read, rewritten.open("wb") as written:
      for part in self._parts:
        dtype = np.dtype(part.dtype)
        left = part.elements * int(np.prod(part.inner, dtype=np.int64))
        while left:
          count = min(left, _CHUNK // dtype.itemsize)
          numbers = np.frombuffer(read.read(count * dtype.itemsize), dtype)
          written.write(convert(numbers).tobytes())
          left -= count
    rewritten.replace(path)


def _describe(
  values: np.ndarray, lengths: Sequence[int] | np.ndarray | None
) -> _Part:
  dtype = "string" if values.dtype.kind == "O" else values.dtype.name
  if lengths is not None:
    return _Part(len(lengths), len(values), dtype, values.shape[1:], True, None)
  is_list = values.ndim > 1
  return _Part(
    rows=len(values),
    elements=len(values) * (values.shape[1] if is_list else 1),
    dtype=dtype,
    inner=values.shape[2:],
    is_list=is_list,
    length=values.shape[1] if is_list else None,
  )


def _check_follows(before: _Part, after: _Part) -> None:
  """Raises OtherType unless two blocks can be in one column."""
  kinds = {before.dtype == "string", after.dtype == "string"}
  if len(kinds) > 1:
    raise OtherType(f"{after.dtype} after {before.dtype}")
  if before.is_list != after.is_list or before.inner != after.inner:
    raise OtherType("the lists differ in depth")
