"""TensorFlow's errors of ops, without the Python lines that made the op."""

import itertools


def essence(error: Exception) -> str:
  """Returns the one line of an op's error that says what is wrong.

  Args:
    error: as `session.run` raised it; any other error is returned as its first line.
  """
  text = str(getattr(error, "message", error))
  lines = [line.strip() for line in text.splitlines() if line.strip()]
  found = lines[0] if lines else type(error).__name__
  for before, line in itertools.pairwise(lines):
    if before.startswith("Node: "):  # TensorFlow's own words follow.
      return line.split("[[{{node")[0].strip() or found
    if line.startswith("[[{{node"):
      return before
  return found
