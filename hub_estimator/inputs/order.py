"""The order of training examples, a function of seed and position."""

import numpy as np

# More examples are shuffled without an array of them.
_MOST_PERMUTED = 10_000_000
_ROUNDS = 6
# Positions that are computed at once: a few take as long.
_WINDOW = 1 << 14


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
    self._epoch = -1
    self._permutation: np.ndarray | _Feistel = np.empty(0, np.int64)

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
        self._permutation = _permutation(rng, self._n_examples)
      stop = min(offset + count, self._n_examples)
      parts.append(self._permutation[offset:stop])
      start, count = start + len(parts[-1]), count - len(parts[-1])
    return np.concatenate(parts)


class _Feistel:
  """A permutation that is computed by position, in no memory.

  A Feistel network permutes the numbers of an even number of bits. A number that isn't
  below the limit is permuted again until one is.
  """

  def __init__(self, rng: np.random.Generator, count: int) -> None:
    self._count = count
    self._half = np.uint64(((count - 1).bit_length() + 1) // 2)
    self._mask = np.uint64((1 << int(self._half)) - 1)
    self._first, self._window = 0, np.empty(0, np.int64)
    self._keys = rng.integers(0, 2**64, _ROUNDS, np.uint64)

  def __getitem__(self, positions: slice) -> np.ndarray:
    first, stop = positions.start, positions.stop
    if not self._first <= first <= stop <= self._first + len(self._window):
      end = min(max(stop, first + _WINDOW), self._count)
      self._first, self._window = first, self._compute(first, end)
    return self._window[first - self._first : stop - self._first]

  def _compute(self, first: int, stop: int) -> np.ndarray:
    found = self._permute(np.arange(first, stop, dtype=np.uint64))
    while (outside := found >= self._count).any():
      found[outside] = self._permute(found[outside])
    return found.astype(np.int64)

  def _permute(self, numbers: np.ndarray) -> np.ndarray:
    left, right = numbers >> self._half, numbers & self._mask
    for key in self._keys:
      left, right = right, left ^ (_mix(right ^ key) & self._mask)
    return (left << self._half) | right


def _permutation(rng: np.random.Generator, count: int) -> np.ndarray | _Feistel:
  if count <= _MOST_PERMUTED:
    return rng.permutation(count)
  return _Feistel(rng, count)


def _mix(numbers: np.ndarray) -> np.ndarray:
  """Returns numbers whose bits all depend on all bits of the given ones."""
  numbers = (numbers ^ (numbers >> np.uint64(32))) * np.uint64(
    0xD6E8FEB86659FD93
  )
  numbers = (numbers ^ (numbers >> np.uint64(32))) * np.uint64(
    0xD6E8FEB86659FD93
  )
  return numbers ^ (numbers >> np.uint64(32))
