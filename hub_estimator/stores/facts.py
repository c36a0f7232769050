"""What is known of a column of numbers as a whole."""

import dataclasses

import numpy as np


@dataclasses.dataclass
class NumberFacts:
  """Facts that are gathered while a column is written.

  Attributes:
    range: the smallest and the largest finite number; None if there is none.
    not_finite: rows that hold NaN or infinity.
  """

  range: tuple[float, float] | None = None
  not_finite: int = 0

  def add(self, array: np.ndarray, lengths: np.ndarray | None) -> None:
    """Counts a block of rows.

    Args:
      array: [rows, ...], or of lists all elements.
      lengths: of the lists; None if rows aren't lists.
    """
    finite = array
    if array.dtype.kind == "f":
      is_finite = np.isfinite(array)
      if not is_finite.all():
        finite = array[is_finite]
        bad = ~is_finite.reshape(len(array), -1).all(axis=1)
        if lengths is not None:
          rows = np.repeat(np.arange(len(lengths)), lengths)[bad]
          self.not_finite += len(np.unique(rows))
        else:
          self.not_finite += int(bad.sum())
    if finite.size:
      low, high = finite.min().item(), finite.max().item()
      known = self.range or (low, high)
      self.range = min(known[0], low), max(known[1], high)
