"""Sources that are too large for memory: their rows are kept in files, in a cache.

The first use of a source writes its rows, a block at a time. Later ones open the files. A changed source, or another way of reading it, is written again.
"""

import hashlib
import json
import os
import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator import disk_cache, stores
from hub_estimator.errors import UserError
from hub_estimator.inputs import arrays, label_lists
from hub_estimator.inputs.interface import (
  Column,
  Examples,
  FeatureSpec,
  Label,
  spec_of,
)
from hub_estimator.inputs.names import label_columns
from hub_estimator.inputs.sequences import Ragged

_KIND = "rows"
_FORMAT = 1
_COMPRESSED = (".gz", ".zst")
# A file of text needs about five times its size in memory.
LARGE_BYTES = 32 << 20


def are_large(paths: Sequence[str]) -> bool:
  """Returns whether a source is read through files of its rows.

  Args:
    paths: of its files. HUB_ESTIMATOR_LARGE_MIB sets another limit for their size.
  """
  return is_large(sum(map(_size, paths)))


def is_large(n_bytes: int) -> bool:
  """Returns whether a source of this size is read through files of its rows."""
  limit = os.environ.get("HUB_ESTIMATOR_LARGE_MIB")
  return n_bytes > (LARGE_BYTES if limit is None else float(limit) * 2**20)


class ReadAgain(Exception):
  """A source must be read again from its start, with what is known of it by now."""


def read(
  files: Sequence[str],
  reader: object,
  write: Callable[[stores.StoreWriter], Mapping[str, Any]],
) -> stores.Store:
  """Returns the rows of a source, from the cache or written now.

  Args:
    files: of the source.
    reader: the input; its repr says how the source is read.
    write: writes the rows, and returns what else is known of the source. It is called
      again if columns need wider types, or if it raises `ReadAgain`.

  Raises:
    UserError: the rows can't be written, or the source changes meanwhile.
  """
  states = _states(files)

  def make(directory: pathlib.Path) -> None:
    wider: dict[str, set[str]] = {}
    while True:
      writer = stores.StoreWriter(directory, wider)
      try:
        writer.close(write(writer))
        break
      except ReadAgain:
        writer.discard()
      except stores.WiderType as found:
        wider.setdefault(found.column, set()).add(found.way)
        writer.discard()
    if _states(files) != states:
      raise UserError(f"{files[0]} changed while it was read; read it again.")

  key = json.dumps([_FORMAT, states, repr(reader)])
  digest = hashlib.sha256(key.encode()).hexdigest()[:32]
  try:
    return disk_cache.read_or_make(_KIND, digest, read=stores.read, make=make)
  except OSError as error:
    size = sum(map(_size, files))
    raise UserError(
      f"{files[0]}: its rows can't be kept in {disk_cache.directory(_KIND)}: "
      f"{error.strerror or error}. They need about {size / 2**20:.0f} MiB: set "
      "HUB_ESTIMATOR_CACHE to a directory with so much space, or "
      "HUB_ESTIMATOR_LARGE_MIB to read larger files in memory."
    ) from error


def examples(
  store: stores.Store,
  *,
  label: Label,
  source: str,
) -> Examples:
  """Returns the examples in a store that a `BlockWriter` wrote.

  Args:
    store: of a source.
    label: the input's `label`.
    source: for messages.
  """
  facts = store.facts
  of_labels = label_columns(label)
  classes = facts["classes"].get(label) if isinstance(label, str) else None
  labels = {
    name: _label(store, name, with_ids=classes is not None)
    for name in of_labels
  }
  return Examples(
    features={name: feature(c) for name, c in store.columns.items()},
    labels=labels[label] if isinstance(label, str) else labels or None,
    source=source,
    skipped=facts["skipped"],
    lines=facts["lines"],
    notes=tuple(facts["notes"]),
    classes=None if classes is None else tuple(sorted(classes)),
  )


class _Stored:
  """A column of a store.

  Attributes:
    dtype: NumPy's; objects for text and bytes.
    shape: [rows, ...].
    facts: of a column of numbers; None for text.
  """

  def __init__(self, column: stores.StoredColumn) -> None:
    field = column.field
    is_text = field.dtype == "string"
    self._column = column
    self.dtype: np.dtype[Any] = np.dtype(object if is_text else field.dtype)
    self.shape: tuple[int | None, ...] = (len(column), *field.inner)
    self.facts = column.facts

  def __len__(self) -> int:
    return len(self._column)

  def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
    values, _ = self._column.read(rows)
    return values


class _StoredLists(_Stored):
  """A column of lists, padded to the longest of those that are read together."""

  def __init__(self, column: stores.StoredColumn) -> None:
    super().__init__(column)
    self.shape = (len(column), None, *column.field.inner)

  @property
  def lengths(self) -> np.ndarray:
    """Of all lists, int64 [rows]."""
    return self._column.lengths

  def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
    values, lengths = self._column.read(rows)
    assert lengths is not None
    return Ragged(values, lengths)[:]


def feature(column: stores.StoredColumn) -> Column:
  """Returns a column of a store; lists that differ in length are padded."""
  return _StoredLists(column) if column.field.is_list else _Stored(column)


def number_facts(column: Column) -> stores.NumberFacts | None:
  """Returns what is known of all numbers of a column; None if nothing is."""
  return column.facts if isinstance(column, _Stored) else None


class BlockWriter:
  """Writes blocks of columns; labels apart, and text among them as ids of classes."""

  def __init__(self, writer: stores.StoreWriter, label: Label) -> None:
    """Starts.

    Args:
      writer: of the store.
      label: the input's `label`.
    """
    self._writer = writer
    self._names = label_columns(label)
    self._is_text: dict[str, bool] = {}
    self._ids: dict[str, dict[Any, int]] = {}
    # Each column's type in the first block, and the file of that.
    self._specs: dict[str, FeatureSpec] = {}
    self._first_file = ""

  def append(self, block: Mapping[str, Column]) -> None:
    """Writes a block.

    Args:
      block: columns [rows, ...] by name. Labels are arrays: text as `bytes`, and
        several labels a row as tuples.

    Raises:
      stores.OtherType: the values of a column are of another kind than before.
    """
    for name in self._names:
      self._append_label(name, np.asarray(block[name]))
    self._writer.append(
      {n: _values(c) for n, c in block.items() if n not in self._names}
    )

  def append_of(self, file: str, block: Mapping[str, Column]) -> None:
    """Writes a block of a file.

    Args:
      file: for messages.
      block: as for `append`.

    Raises:
      UserError: a column is of another kind than in another file.
    """
    specs = {name: spec_of(column) for name, column in block.items()}
    if not self._specs:
      self._specs, self._first_file = specs, file
    try:
      self.append(block)
    except stores.OtherType as error:
      name = error.column
      raise UserError(
        f"{name!r} is {self._specs.get(name) or 'missing'} in {self._first_file}, "
        f"and {specs.get(name) or 'missing'} in {file}."
      ) from error

  def close(
    self,
    *,
    skipped: int = 0,
    lines: int | None = None,
    notes: Sequence[str] = (),
  ) -> dict[str, Any]:
    """Returns facts of the store, as `examples` reads them.

    Args:
      skipped: bad rows that were left out.
      lines: of text files.
      notes: whatever was odd about the source.

    Returns:
      the arguments; "classes", names by column in the order of the ids that are
      stored; and "lists", the distinct lists of labels by column.
    """
    facts: dict[str, Any] = {
      "skipped": skipped,
      "lines": lines,
      "notes": list(notes),
      "classes": {},
      "lists": {},
    }
    for name, ids in self._ids.items():
      if isinstance(next(iter(ids)), tuple):
        facts["lists"][name] = [list(map(_plain, value)) for value in ids]
      else:
        facts["classes"][name] = [_plain(value) for value in ids]
    return facts

  def _append_label(self, name: str, values: np.ndarray) -> None:
    is_text = values.dtype.kind == "O"
    if self._is_text.setdefault(name, is_text) != is_text:
      raise stores.OtherType(name, "text and numbers")
    if is_text:
      ids = self._ids.setdefault(name, {})
      flat = values.ravel().tolist()
      found = [ids.setdefault(value, len(ids)) for value in flat]
      values = np.array(found, np.int64).reshape(values.shape)
    self._writer.append_side(name, values)


def _values(column: Column) -> stores.Values:
  if isinstance(column, Ragged):
    return np.asarray(column.values), column.lengths
  return np.asarray(column), None


def _label(store: stores.Store, name: str, *, with_ids: bool) -> np.ndarray:
  """Returns a column of labels; text as it was, unless ids may stand for it."""
  ids, facts = store.sides[name], store.facts
  if name in facts["lists"]:
    return label_lists.lists(facts["lists"][name])[ids]
  if name not in facts["classes"]:
    return ids
  names = facts["classes"][name]
  if not with_ids:
    return arrays.strings(names)[ids]
  ranks = np.empty(len(names), np.int64)
  ranks[np.argsort(names)] = np.arange(len(names))
  return ranks[ids]


def _size(path: str) -> int:
  """Returns about how many bytes a file has that isn't compressed."""
  factor = 8 if path.lower().endswith(_COMPRESSED) else 1
  return os.path.getsize(path) * factor


def _plain(value: Any) -> Any:
  return value.decode() if isinstance(value, bytes) else value


def _states(paths: Sequence[str]) -> list[list[Any]]:
  """Returns what changes with the content of files."""
  found = []
  for path in paths:
    stat = os.stat(path)
    found.append([os.path.abspath(path), stat.st_size, stat.st_mtime_ns])
  return found
