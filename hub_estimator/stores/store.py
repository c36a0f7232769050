"""A store: a directory with the columns of one source, each in its own files."""

import dataclasses
import json
import logging
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from hub_estimator import disk
from hub_estimator.stores import columns
from hub_estimator.stores.mapped import Pages
from hub_estimator.stores.writing import ColumnWriter

_log = logging.getLogger(__name__)
_DESCRIPTION = "store.json"
# Files up to this size are read in less than a second to compare their checksums.
_CHECKED = 1 << 28


@dataclasses.dataclass(frozen=True)
class StoredColumn:
  """One column.

  Attributes:
    values: [rows, ...], or all elements of lists that differ in length.
    lengths: int64 [rows], of these lists; None if rows are alike.
  """

  values: columns.Numbers | columns.Strings
  lengths: np.ndarray | None


@dataclasses.dataclass(frozen=True)
class Store:
  """The columns of a source.

  Attributes:
    columns: by name.
    facts: whatever else the writer kept about the source, plain values.
  """

  columns: Mapping[str, StoredColumn]
  facts: Mapping[str, Any]


class StoreWriter:
  """Writes a store a block of rows at a time."""

  def __init__(self, directory: pathlib.Path) -> None:
    """Starts a store in an empty directory."""
    self._directory = directory
    self._writers: dict[str, ColumnWriter] = {}

  def column(self, name: str) -> ColumnWriter:
    """Returns the writer of a column, which is new at the first call."""
    if name not in self._writers:
      self._writers[name] = ColumnWriter(self._directory, len(self._writers))
    return self._writers[name]

  def discard(self) -> None:
    """Removes all that was written, to start again."""
    for writer in self._writers.values():
      writer.discard()
    self._writers = {}

  def close(self, facts: Mapping[str, Any]) -> None:
    """Finishes the store.

    Args:
      facts: plain values to keep with it.
    """
    described = {name: w.close() for name, w in self._writers.items()}
    files = {
      path.name: {"bytes": path.stat().st_size, "sha256": disk.sha256(path)}
      for path in sorted(self._directory.iterdir())
    }
    text = json.dumps({"columns": described, "facts": facts, "files": files})
    (self._directory / _DESCRIPTION).write_text(text, encoding="utf-8")


def read(directory: pathlib.Path) -> Store | None:
  """Returns the store in a directory; None if it is damaged.

  The sizes of all files are compared, and the checksums of those that aren't large.
  """
  try:
    text = (directory / _DESCRIPTION).read_text(encoding="utf-8")
    described = json.loads(text)
    for name, file in described["files"].items():
      path = directory / name
      if path.stat().st_size != file["bytes"]:
        raise ValueError(f"{name} has another size")
      if file["bytes"] <= _CHECKED and disk.sha256(path) != file["sha256"]:
        raise ValueError(f"the checksum of {name} doesn't match")
    pages = Pages()
    return Store(
      {
        name: _open_column(directory, number, column, pages)
        for number, (name, column) in enumerate(described["columns"].items())
      },
      described["facts"],
    )
  except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
    _log.warning("%s is damaged (%s); making it again.", directory, error)
    return None


def _open_column(
  directory: pathlib.Path,
  number: int,
  described: Mapping[str, Any],
  pages: Pages,
) -> StoredColumn:
  lengths = None
  if described["ragged"]:
    path = directory / f"{number}.lengths"
    rows = path.stat().st_size // 8
    lengths = columns.Numbers(path, np.dtype(np.int64), (rows,), pages).whole()
  return StoredColumn(
    columns.open_values(directory, number, described, pages), lengths
  )
