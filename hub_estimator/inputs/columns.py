"""Columns of examples that aren't arrays in memory.

Each has what a NumPy array has that examples need: `dtype`, `shape`, a length, and
rows by slice or by an array of indices.
"""

from collections.abc import Callable, Sequence

import numpy as np

from hub_estimator.errors import UserError


class Files:
  """The contents of files, read when they are asked for."""

  dtype = np.dtype(object)

  def __init__(
    self,
    paths: Sequence[str],
    *,
    check: Callable[[bytes], str | None] = lambda content: None,
  ):
    """Makes the column.

    Args:
      paths: one a row.
      check: returns what is wrong with a file's content, or None. Rows that hold such a
        one raise a UserError with its path.
    """
    self._check = check
    self._paths = np.array(paths, dtype=object)
    self.shape = (len(paths),)

  def __len__(self) -> int:
    return len(self._paths)

  def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
    contents = np.empty(len(self._paths[rows]), dtype=object)
    for i, path in enumerate(self._paths[rows]):
      with open(path, "rb") as file:
        contents[i] = file.read()
      problem = self._check(contents[i])
      if problem:
        raise UserError(f"{path}: {problem}.")
    return contents


class Selected:
  """Rows of another column, in any order, any number of times."""

  def __init__(self, column, indices: np.ndarray):
    """Makes the column.

    Args:
      column: the other one.
      indices: int64, a row of it for each of this one's.
    """
    self._column = column
    self._indices = indices
    self.dtype = column.dtype
    self.shape = (len(indices), *column.shape[1:])

  def __len__(self) -> int:
    return len(self._indices)

  def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
    return self._column[self._indices[rows]]


class Chained:
  """The rows of several columns of one type, one column after the other."""

  def __init__(self, columns: Sequence):
    """Makes the column.

    Args:
      columns: of one dtype and one shape of a row.
    """
    self._columns = columns
    self._ends = np.cumsum([len(column) for column in columns])
    self.dtype = columns[0].dtype
    self.shape = (int(self._ends[-1]), *columns[0].shape[1:])

  def __len__(self) -> int:
    return self.shape[0]

  def __getitem__(self, rows: slice | np.ndarray) -> np.ndarray:
    rows = np.arange(len(self))[rows]
    found = np.empty((len(rows), *self.shape[1:]), self.dtype)
    of_column = np.searchsorted(self._ends, rows, side="right")
    for i, column in enumerate(self._columns):
      mine = np.flatnonzero(of_column == i)
      if mine.size:
        found[mine] = column[rows[mine] - self._ends[i] + len(column)]
    return found
