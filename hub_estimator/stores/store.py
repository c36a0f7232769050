"""A store: a directory with the rows of one source, and what is known of them."""

import dataclasses
import functools
import json
import logging
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from hub_estimator import disk
from hub_estimator.stores.facts import NumberFacts
from hub_estimator.stores.fields import Field, Values
from hub_estimator.stores.rows import Rows
from hub_estimator.stores.writing import DESCRIPTION

_log = logging.getLogger(__name__)
# Files up to this size are read in less than a second to compare their checksums.
_CHECKED = 1 << 28


class StoredColumn:
  """One column.

  Attributes:
    field: its type.
    facts: of numbers; None for text.
  """

  def __init__(
    self,
    field: Field,
    number: int,
    rows: Rows,
    directory: pathlib.Path,
    facts: NumberFacts | None,
  ) -> None:
    """Makes the column.

    Args:
      field: its type.
      number: of the field.
      rows: of the store.
      directory: of the store.
      facts: of numbers; None for text.
    """
    self.field = field
    self.facts = facts
    self._number = number
    self._rows = rows
    self._lengths = directory / f"lengths.{number}"
    if field.is_list:  # Opened before the file can be removed.
      self._lengths_file = self._lengths.open("rb")

  def __len__(self) -> int:
    return len(self._rows)

  def read(self, rows: slice | np.ndarray) -> Values:
    """Returns the values of rows.

    Args:
      rows: int64 [rows], or a slice.
    """
    return self._rows.read(rows).values(self._number)

  @functools.cached_property
  def lengths(self) -> np.ndarray:
    """The lengths of all lists, int64 [rows]."""
    return np.fromfile(self._lengths_file, np.int64)


@dataclasses.dataclass(frozen=True)
class Store:
  """The columns of a source.

  Attributes:
    columns: by name.
    sides: columns of numbers in memory, [rows, ...] by name.
    facts: whatever else the writer kept about the source, plain values.
  """

  columns: Mapping[str, StoredColumn]
  sides: Mapping[str, np.ndarray]
  facts: Mapping[str, Any]


def read(directory: pathlib.Path) -> Store | None:
  """Returns the store in a directory; None if it is damaged.

  The sizes of all files are compared, and the checksums of those that aren't large.
  """
  try:
    text = (directory / DESCRIPTION).read_text(encoding="utf-8")
    described = json.loads(text)
    for name, file in described["files"].items():
      path = directory / name
      if path.stat().st_size != file["bytes"]:
        raise ValueError(f"{name} has another size")
      if file["bytes"] <= _CHECKED and disk.sha256(path) != file["sha256"]:
        raise ValueError(f"the checksum of {name} doesn't match")
    return _open(directory, described)
  except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
    _log.warning("%s is damaged (%s); making it again.", directory, error)
    return None


def _open(directory: pathlib.Path, described: Mapping[str, Any]) -> Store:
  listed = [_field(field) for field in described["fields"]]
  numbers = {n: _facts(found) for n, found in described["numbers"].items()}
  rows = Rows(directory, listed, described["rows"]) if listed else None
  sides = [_field(field) for field in described["sides"]]
  return Store(
    {
      field.name: StoredColumn(
        field, i, rows, directory, numbers.get(field.name)
      )
      for i, field in enumerate(listed)
      if rows is not None
    },
    {
      field.name: np.fromfile(directory / f"side.{i}", field.dtype).reshape(
        -1, *field.inner
      )
      for i, field in enumerate(sides)
    },
    described["facts"],
  )


def _field(described: Mapping[str, Any]) -> Field:
  return Field(**{**described, "inner": tuple(described["inner"])})


def _facts(described: Mapping[str, Any]) -> NumberFacts:
  found = described["range"]
  return NumberFacts(found and tuple(found), described["not_finite"])
