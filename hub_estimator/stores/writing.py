"""A store is written a block of rows at a time."""

import dataclasses
import itertools
import json
import pathlib
from collections.abc import Collection, Mapping
from typing import Any, BinaryIO

import numpy as np

from hub_estimator import disk
from hub_estimator.stores import fields
from hub_estimator.stores.facts import NumberFacts
from hub_estimator.stores.fields import Field, OtherType, Values
from hub_estimator.stores.rows import record_dtype

DESCRIPTION = "store.json"


class StoreWriter:
  """Writes a store."""

  def __init__(
    self, directory: pathlib.Path, wider: Mapping[str, Collection[str]]
  ) -> None:
    """Starts a store in an empty directory.

    Args:
      directory: of the store.
      wider: how the types of columns are made wider, by name.
    """
    self._directory = directory
    self._wider = wider
    self._files: dict[str, BinaryIO] = {}
    self._fields: dict[str, Field] = {}
    self._sides: dict[str, Field] = {}
    self._facts: dict[str, NumberFacts] = {}
    self._rows = 0
    self._end = 0

  def append(self, block: Mapping[str, Values]) -> None:
    """Writes rows.

    Args:
      block: of all columns the same number of rows.

    Raises:
      WiderType: a column needs a wider type.
      OtherType: the values of a column are of another kind than before, or columns
        come or go.
    """
    if not self._fields:
      self._fields = {n: self._describe(n, v) for n, v in block.items()}
    for name in {**self._fields, **block}:
      if name not in block or name not in self._fields:
        raise OtherType(name, "is in some blocks alone")
    fitted = {n: fields.fit(f, block[n]) for n, f in self._fields.items()}
    for number, (name, field) in enumerate(self._fields.items()):
      array, lengths = fitted[name]
      if field.dtype != fields.STRING:
        self._facts.setdefault(name, NumberFacts()).add(array, lengths)
      if lengths is not None:
        self._write(f"lengths.{number}", np.asarray(lengths, np.int64))
    self._append_rows(fitted)

  def append_side(self, name: str, values: np.ndarray) -> None:
    """Writes rows of a column that is kept in memory where it is read.

    Args:
      name: of the column.
      values: numbers, [rows, ...].

    Raises:
      WiderType: as in `append`.
      OtherType: as in `append`.
    """
    if name not in self._sides:
      self._sides[name] = self._describe(name, (values, None))
    array, _ = fields.fit(self._sides[name], (values, None))
    self._write(f"side.{list(self._sides).index(name)}", array)

  def discard(self) -> None:
    """Removes all that was written."""
    for name, file in self._files.items():
      file.close()
      (self._directory / name).unlink()

  def close(self, facts: Mapping[str, Any]) -> None:
    """Finishes the store.

    Args:
      facts: plain values to keep with it.
    """
    for file in self._files.values():
      file.close()
    files = {
      path.name: {"bytes": path.stat().st_size, "sha256": disk.sha256(path)}
      for path in sorted(self._directory.iterdir())
    }
    described = {
      "rows": self._rows,
      "fields": [dataclasses.asdict(f) for f in self._fields.values()],
      "sides": [dataclasses.asdict(f) for f in self._sides.values()],
      "numbers": {n: dataclasses.asdict(f) for n, f in self._facts.items()},
      "facts": facts,
      "files": files,
    }
    text = json.dumps(described)
    (self._directory / DESCRIPTION).write_text(text, encoding="utf-8")

  def _describe(self, name: str, values: Values) -> Field:
    return fields.describe(name, values, self._wider.get(name, ()))

  def _append_rows(self, fitted: Mapping[str, Values]) -> None:
    array, lengths = next(iter(fitted.values()))
    count = len(array) if lengths is None else len(lengths)
    records = np.empty(count, record_dtype(list(self._fields.values())))
    parts = []
    for number, (name, field) in enumerate(self._fields.items()):
      if field.is_fixed:
        records[str(number)] = fitted[name][0]
      else:
        parts.append(fields.encode(field, fitted[name]))
        records[str(number)] = np.fromiter(map(len, parts[-1]), np.int64, count)
    content = records.tobytes()
    if parts:
      width = records.dtype.itemsize
      heads = [content[i : i + width] for i in range(0, len(content), width)]
      rows = list(zip(heads, *parts, strict=True))
      sizes = np.array([sum(map(len, row)) for row in rows], np.int64)
      content = b"".join(itertools.chain.from_iterable(rows))
      if not self._rows:
        self._write("starts", np.zeros(1, np.int64))
      self._write("starts", np.cumsum(sizes) + self._end)
    self._write("rows", content)
    self._rows += count
    self._end += len(content)

  def _write(self, name: str, content: bytes | np.ndarray) -> None:
    if name not in self._files:
      self._files[name] = (self._directory / name).open("wb")
    if isinstance(content, np.ndarray):
      content = np.ascontiguousarray(content).tobytes()
    self._files[name].write(content)
