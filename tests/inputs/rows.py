"""An input of numbers, for tests."""

import dataclasses

import numpy as np

from hub_estimator.inputs import Examples


@dataclasses.dataclass(frozen=True)
class Rows:
  """Examples first, first + 1, …; label 1 for every `one_in`-th."""

  first: int
  count: int
  one_in: int = 2

  def read(self):
    x = np.arange(self.first, self.first + self.count)
    return Examples(
      {"x": x}, (x % self.one_in == 0).astype(np.int64), f"rows {self.first}"
    )
