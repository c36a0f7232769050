"""The order of training examples, a function of seed and position."""

import numpy as np


class Order:
  """Endless examples, epoch by epoch, each epoch in a permutation of its own.

  Any position can be computed without those before it, so that a run resumes
  without saved state.
  """

  def __init__(self, n_examples: int, *, seed: int) -> None:
    """Makes an order.

    Args:
      n_examples: examples an epoch.
      seed: of the permutations.
    """
    self._n_examples = n_examples
    self._seed = seed
    self._epoch, self._permutation = -1, np.empty(0, np.int64)

  def rows(self, start: int, count: int) -> np.ndarray:
    """Returns the examples at positions `start` to `start + count`.

    Returns:
      int64 [count], rows of the data.
    """
    parts = []
    while count:
      epoch, offset = divmod(start, self._n_examples)
      if epoch != self._epoch:
        rng = np.random.default_rng([self._seed, epoch])
        self._epoch = epoch
        self._permutation = rng.permutation(self._n_examples)
      parts.append(self._permutation[offset : offset + count])
      start, count = start + len(parts[-1]), count - len(parts[-1])
    return np.concatenate(parts)
