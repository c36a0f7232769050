"""Rows of a Parquet or Arrow file, a batch at a time."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping

from hub_estimator.errors import UserError
from hub_estimator.inputs import parquet_file
from hub_estimator.inputs.array_stream import cast, may_hold
from hub_estimator.inputs.columns import Chained
from hub_estimator.inputs.interface import Batch, Column, FeatureSpec, spec_of
from hub_estimator.inputs.parquet_file import Parquet
from hub_estimator.inputs.sequences import Lists


class Table:
  """A stream of the rows of a table; only the columns that are used are read.

  Attributes:
    path: of the file.
    names: of its columns.
  """

  def __init__(self, path: str, reader: Parquet | None = None) -> None:
    """Opens the table.

    Args:
      path: of the file.
      reader: whose defaults fill nulls; None refuses them.

    Raises:
      UserError: the file is broken.
    """
    self.path = path
    self._reader = Parquet(path) if reader is None else reader
    self.names = tuple(parquet_file.column_names(path))

  def spec(self, name: str, wanted: FeatureSpec | None) -> FeatureSpec:
    """Returns the type that a column is read as; see `Stream`."""
    for block in self._reader.blocks(self.path, [name]):
      stored = spec_of(block[name])
      if wanted is None or not may_hold(stored, wanted):
        return stored
      shape = wanted.shape if wanted.is_ragged else stored.shape
      return dataclasses.replace(wanted, shape=shape)
    raise UserError(f"{self.path} has no rows.")

  def batches(
    self, specs: Mapping[str, FeatureSpec], batch_size: int
  ) -> Iterator[Batch]:
    """Yields arrays [batch, ...] of these features; see `Stream`."""
    first = 0
    for block in _in_batches(self._blocks(specs), batch_size):
      yield {
        name: cast(block[name], name, spec, self.path, first)
        for name, spec in specs.items()
      }
      first += batch_size

  def _blocks(
    self, specs: Mapping[str, FeatureSpec]
  ) -> Iterator[dict[str, Column]]:
    for block in self._reader.blocks(self.path, list(specs)):
      for name, spec in specs.items():
        stored = spec_of(block[name])
        if not may_hold(stored, spec):
          raise UserError(
            f"{self.path}: {name!r} is {stored}, and {spec} is wanted."
          )
      yield {
        name: Lists(column, open=True, sparse=specs[name].sparse)
        if specs[name].is_ragged
        else column
        for name, column in block.items()
      }


def _in_batches(
  blocks: Iterable[Mapping[str, Column]], batch_size: int
) -> Iterator[Batch]:
  """Yields the rows of blocks of any size in batches, all but the last full."""
  held: list[Mapping[str, Column]] = []
  start = end = 0

  def take(count: int) -> Batch:
    rows = slice(start, start + count)
    return {n: Chained([part[n] for part in held])[rows] for n in held[0]}

  for block in blocks:
    held.append(block)
    end += _length(block)
    while end - start >= batch_size:
      yield take(batch_size)
      start += batch_size
    while held and start >= _length(held[0]):
      done = _length(held.pop(0))
      start, end = start - done, end - done
  if end > start:
    yield take(end - start)


def _length(block: Mapping[str, Column]) -> int:
  return len(next(iter(block.values())))
