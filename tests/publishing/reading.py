"""Word vectors, and their reading as a whole."""

import numpy as np

ROWS = np.float32([[1, 2.5], [-3e-2, 4], [5, 6]])


def read_all(found):
  """Returns the words, and the vectors read two at a time."""
  values = np.concatenate(list(found.read(2)))
  assert values.shape == (found.rows, found.width)
  return found.words.read_bytes().decode().split("\n")[:-1], values
