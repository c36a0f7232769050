"""Columns of examples that aren't arrays in memory.

Each offers what examples need of a NumPy array: `dtype`, `shape`, a length, and rows
by slice or by an array of indices.
"""

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.inputs.interface import Column, spec_of
from hub_estimator.inputs.sequences import lengths_of


class Files:
  """The contents of files, read when they are asked for.

  Attributes:
    paths: an array of objects, one path a row.
  """

  dtype: np.dtype[Any] = np.dtype(object)

  def __init__(
    self,
    paths: Sequence[str],
    *,
    find_problem: Callable[[bytes], str | None] = lambda content: None,
  ) -> None:
    """Makes the column.

    Args:
      paths: one a row.
      find_problem: returns what is wrong with a file's content, or None. Reading
        the row of a bad file raises a UserError with its path.
    """
    self.paths = np.array(paths, dtype=object)
    self.shape: tuple[int, ...] = (len(paths),)
    self._find_problem = find_problem

  def __len__(self) -> int:
    return len(self.paths)

  def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
    contents = np.empty(len(self.paths[rows]), dtype=object)
    for i, path in enumerate(self.paths[rows]):
      with open(path, "rb") as file:
        contents[i] = file.read()
      problem = self._find_problem(contents[i])
      if problem:
        raise UserError(f"{path}: {problem}.")
    return contents


class Selected:
  """Rows of another column, in any order, any number of times.

  Attributes:
    source: the other column.
    indices: int64, the row of the other column for each row of this one.
  """

  def __init__(self, column: Column, indices: np.ndarray) -> None:
    """Makes the column.

    Args:
      column: the other column.
      indices: int64, the row of the other column for each row of this one.
    """
    self.source = column
    self.indices = indices
    self.dtype = column.dtype
    self.shape: tuple[int | None, ...] = (len(indices), *column.shape[1:])
    self.sparse = spec_of(column).sparse

  @functools.cached_property
  def lengths(self) -> np.ndarray:
    """The length of each row's list, int64."""
    return lengths_of(self.source)[self.indices]

  def __len__(self) -> int:
    return len(self.indices)

  def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
    return self.source[self.indices[rows]]


class Chained:
  """The rows of several columns of one type, one column after the other.

  Attributes:
    parts: the columns.
  """

  def __init__(self, columns: Sequence[Column]) -> None:
    """Makes the column.

    Args:
      columns: of one dtype, their rows of one shape, but perhaps of lists.
    """
    self.parts = columns
    self.sparse = spec_of(columns[0]).sparse
    self._ends = np.cumsum([len(column) for column in columns])
    self.dtype = columns[0].dtype
    self.shape: tuple[int | None, ...] = (
      int(self._ends[-1]),
      *columns[0].shape[1:],
    )

  @functools.cached_property
  def lengths(self) -> np.ndarray:
    """The length of each row's list, int64."""
    return np.concatenate([lengths_of(column) for column in self.parts])

  def __len__(self) -> int:
    return int(self._ends[-1])

  def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
    if isinstance(rows, slice):
      rows = np.arange(*rows.indices(len(self)))
    longest = 1
    if None in self.shape:
      longest = int(self.lengths[rows].max(initial=1))
    shape = [longest if size is None else size for size in self.shape[1:]]
    found = np.full((len(rows), *shape), spec_of(self).padding, self.dtype)
    of_column = np.searchsorted(self._ends, rows, side="right")
    for i, column in enumerate(self.parts):
      mine = np.flatnonzero(of_column == i)
      if mine.size:
        read = column[rows[mine] - self._ends[i] + len(column)]
        if None in self.shape:
          found[mine, : read.shape[1]] = read
        else:
          found[mine] = read
    return found


def file_paths(column: Column) -> np.ndarray | None:
  """Returns the path of the file of each row; None if rows aren't files.

  Args:
    column: `Files`, or rows of it.
  """
  if isinstance(column, Files):
    return column.paths
  if isinstance(column, Selected):
    paths = file_paths(column.source)
    return None if paths is None else paths[column.indices]
  if isinstance(column, Chained):
    parts = [file_paths(part) for part in column.parts]
    found = [paths for paths in parts if paths is not None]
    return np.concatenate(found) if len(found) == len(parts) else None
  return None
