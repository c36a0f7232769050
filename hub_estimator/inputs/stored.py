"""Sources that are too large for memory: their columns are kept in files, in a cache.

The first use of a source writes its columns, a block of rows at a time. Later ones open
the files. A changed source, or another way of reading it, is written again.
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
from hub_estimator.inputs.interface import Column, Examples, Label
from hub_estimator.inputs.names import label_columns
from hub_estimator.inputs.sequences import Ragged

_KIND = "columns"
_FORMAT = 1
_COMPRESSED = (".gz", ".zst")
# A file of text needs about five times its size in memory.
LARGE_BYTES = 32 << 20


def is_large(path: str) -> bool:
  """Returns whether a file is read through files of its columns.

  Args:
    path: of the file. HUB_ESTIMATOR_LARGE_MIB sets another limit.
  """
  return are_large([path])


def are_large(paths: Sequence[str]) -> bool:
  """Returns whether files that are one source are read through files of columns."""
  return sum(map(_size, paths)) > _limit()


def read(
  paths: str | list[str],
  reader: object,
  write: Callable[[stores.StoreWriter], Mapping[str, Any]],
) -> stores.Store:
  """Returns the columns of a source, from the cache or written now.

  Args:
    paths: of the source.
    reader: the input; its repr says how the source is read.
    write: writes the columns, and returns what else is known of the source.

  Raises:
    UserError: the columns can't be written, or the source changes meanwhile.
  """
  paths = [paths] if isinstance(paths, str) else paths
  states = _states(paths)

  def make(directory: pathlib.Path) -> None:
    writer = stores.StoreWriter(directory)
    writer.close(write(writer))
    if _states(paths) != states:
      raise UserError(f"{paths[0]} changed while it was read; read it again.")

  key = json.dumps([_FORMAT, states, repr(reader)])
  digest = hashlib.sha256(key.encode()).hexdigest()[:32]
  try:
    return disk_cache.read_or_make(_KIND, digest, read=stores.read, make=make)
  except OSError as error:
    size = sum(os.path.getsize(path) for path in paths)
    raise UserError(
      f"{paths[0]}: its columns can't be kept in {disk_cache.directory(_KIND)}: "
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
  """Returns the examples in a store that `Labels` wrote the labels of.

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
    features={
      name: feature(column)
      for name, column in store.columns.items()
      if name not in of_labels
    },
    labels=labels[label] if isinstance(label, str) else labels or None,
    source=source,
    skipped=facts["skipped"],
    lines=facts["lines"],
    notes=tuple(facts["notes"]),
    classes=None if classes is None else tuple(classes),
  )


def feature(stored: stores.StoredColumn) -> Column:
  """Returns a column of a store; lists that differ in length are padded."""
  if stored.lengths is None:
    return stored.values
  return Ragged(stored.values, stored.lengths)


def append(writer: stores.ColumnWriter, column: Column) -> None:
  """Writes a block of a feature.

  Args:
    writer: of the column.
    column: an array, or lists that differ in length.

  Raises:
    stores.OtherType: earlier blocks are of another kind.
  """
  if isinstance(column, Ragged):
    writer.append(np.asarray(column.values), column.lengths)
  else:
    writer.append(np.asarray(column))


class Labels:
  """Writes columns of labels; text as ids of classes."""

  def __init__(self, writer: stores.StoreWriter, label: Label) -> None:
    """Starts.

    Args:
      writer: of the store.
      label: the input's `label`.
    """
    self._writer = writer
    self._names = label_columns(label)
    self._is_text: dict[str, bool] = {}
    self._ids: dict[str, dict[bytes, int]] = {}

  def append(self, name: str, column: Column) -> bool:
    """Writes a block if it is a column of labels; returns whether it is.

    Args:
      name: of the column.
      column: [rows, ...], an array if it is one of labels; text as `bytes`, and several labels a row as tuples.

    Raises:
      stores.OtherType: earlier blocks hold text and this one numbers, or the reverse.
    """
    if name not in self._names:
      return False
    values = np.asarray(column)
    writer = self._writer.column(name)
    is_text = values.dtype.kind == "O"
    if self._is_text.setdefault(name, is_text) != is_text:
      raise stores.OtherType("text and numbers")
    if not is_text:
      writer.append(values)
      return True
    ids = self._ids.setdefault(name, {})
    flat = values.ravel().tolist()
    found = [ids.setdefault(value, len(ids)) for value in flat]
    writer.append(np.array(found, np.int64).reshape(values.shape))
    return True

  def close(self) -> dict[str, dict[str, list[Any]]]:
    """Numbers the classes in sorted order.

    Returns:
      facts of the store: "classes", names by column, and "lists", the distinct lists
      of labels by column.
    """
    facts: dict[str, dict[str, list[Any]]] = {"classes": {}, "lists": {}}
    for name, ids in self._ids.items():
      if isinstance(next(iter(ids)), tuple):
        facts["lists"][name] = [list(map(_plain, value)) for value in ids]
        continue
      ordered = sorted(ids, key=_plain)
      ranks = np.empty(len(ids), np.int64)
      ranks[[ids[value] for value in ordered]] = np.arange(len(ids))
      self._writer.column(name).renumber(ranks)
      facts["classes"][name] = [_plain(value) for value in ordered]
    return facts


def _label(store: stores.Store, name: str, *, with_ids: bool) -> np.ndarray:
  """Returns a column of labels; text as it was, unless ids may stand for it."""
  values = store.columns[name].values
  if not isinstance(values, stores.Numbers):
    raise UserError(f"The labels {name!r} are in no form that can be read.")
  ids = values.whole()
  facts = store.facts
  if name in facts["lists"]:
    return label_lists.lists(facts["lists"][name])[ids]
  if name in facts["classes"] and not with_ids:
    return arrays.strings(facts["classes"][name])[ids]
  return ids


def _limit() -> float:
  limit = os.environ.get("HUB_ESTIMATOR_LARGE_MIB")
  return LARGE_BYTES if limit is None else float(limit) * 2**20


def _size(path: str) -> int:
  """Returns about how many bytes a file has that isn't compressed."""
  factor = 8 if path.lower().endswith(_COMPRESSED) else 1
  return os.path.getsize(path) * factor


def _plain(value: Any) -> Any:
  return value.decode() if isinstance(value, bytes) else value


def _states(paths: list[str]) -> list[list[Any]]:
  """Returns what changes with the content of files."""
  found = []
  for path in paths:
    stat = os.stat(path)
    found.append([os.path.abspath(path), stat.st_size, stat.st_mtime_ns])
  return found
