"""Outputs of a module for a batch, a row for each row."""

from collections.abc import Collection, Mapping

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.runs.ragged_outputs import as_lists


class NotByRow(UserError):
  """Outputs don't have one row for each row of the input.

  Attributes:
    names: of those that a file of lists can hold.
  """

  def __init__(self, message: str, names: frozenset[str]) -> None:
    super().__init__(message)
    self.names = names


def by_row(
  rows: Mapping[str, np.ndarray], count: int, ragged: Collection[str]
) -> dict[str, np.ndarray]:
  """Returns outputs [count, ...]; a ragged one as a list, with its length.

  Args:
    rows: outputs for a batch, by name.
    count: rows in the batch; 1 if there are ragged outputs.
    ragged: their names.

  Raises:
    NotByRow: another output doesn't have a row for each row.
  """
  found: dict[str, np.ndarray] = {}
  wrong = {}
  for name, values in rows.items():
    if name in ragged:
      listed = np.empty(1, dtype=object)
      listed[0] = as_lists(values)
      found[name] = listed
      found[f"{name}_length"] = np.array([np.size(values, axis=0)])
    elif np.ndim(values) == 0 or len(values) != count:
      wrong[name] = list(np.shape(values))
    else:
      found[name] = values
  if wrong:
    name, shape = next(iter(wrong.items()))
    what = (
      "it doesn't have one row for each. hub-estimator apply writes it to a .jsonl "
      "or .parquet file."
      if shape
      else "it belongs to all of them together, and can't be written."
    )
    raise NotByRow(
      f"Output {name!r} has shape {shape} for {count} rows: {what}",
      frozenset(name for name, shape in wrong.items() if shape),
    )
  return found
