"""Columns of numbers as one feature, for modules that read vectors."""

import dataclasses
from collections.abc import Sequence
from typing import Any

import gin
import numpy as np

from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs.interface import Column, Examples


@gin.register("vector", module="inputs")
@dataclasses.dataclass(frozen=True)
class Vector:
  """Rows of a table whose columns of numbers become one feature, a float32 vector.

  Attributes:
    source: the table: `inputs.csv`, `inputs.jsonl` or `inputs.parquet`.
    columns: the columns of the vector, in its order.
    name: of the feature that takes their place.
  """

  source: Any
  columns: Sequence[str]
  name: str = "vector"

  def __post_init__(self) -> None:
    if not hasattr(self.source, "path"):
      raise UserError(
        f"vector.source is {self.source!r}; it is an input with a path, such as "
        "@inputs.csv()."
      )
    if isinstance(self.columns, str) or not self.columns:
      raise UserError(
        f"vector.columns is {self.columns!r}; it is a list of columns."
      )

  def read(self) -> Examples:
    """Returns all examples.

    Raises:
      UserError: the table can't be read, lacks a column, or one isn't of numbers.
    """
    table = self.source.read()
    stacked = []
    for name in self.columns:
      column = table.features.get(name)
      if column is None:
        raise UserError(
          f"vector.columns names {name!r}, which {table.source} doesn't have; "
          + nearest(name, table.features)
        )
      if column.dtype.kind not in "biuf" or len(column.shape) != 1:
        raise UserError(
          f"vector.columns names {name!r}, which isn't a number in {table.source}."
        )
      stacked.append(column)
    others = {n: c for n, c in table.features.items() if n not in self.columns}
    if self.name in others:
      raise UserError(
        f"{table.source} has a column {self.name!r} beside the vector; set vector.name."
      )
    return dataclasses.replace(
      table, features={self.name: _Stacked(stacked), **others}
    )

  def of_file(self, path: str, names: Sequence[str]) -> "Vector":
    """Returns the reader of another table, without labels.

    Args:
      path: of the table.
      names: of the features that are read.
    """
    others = [name for name in names if name != self.name]
    source = dataclasses.replace(
      self.source,
      path=path,
      label=None,
      features=list(dict.fromkeys([*self.columns, *others])),
      bad_records="raise",
    )
    return dataclasses.replace(self, source=source)


class _Stacked:
  """Columns of numbers, side by side."""

  dtype: np.dtype[Any] = np.dtype(np.float32)

  def __init__(self, columns: Sequence[Column]):
    self._columns = columns
    self.shape: tuple[int, ...] = (len(columns[0]), len(columns))

  def __len__(self) -> int:
    return self.shape[0]

  def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
    return np.stack([c[rows] for c in self._columns], axis=1).astype(np.float32)
