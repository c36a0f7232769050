"""TensorFlow's errors of ops, without the Python lines that made the op."""

import itertools

_HEADING = "Graph execution error:"


def essence(error: Exception) -> str:
  """Returns the one line of an op's error that says what is wrong.

  Args:
    error: as `session.run` raised it; any other error is returned as its first line.
  """
  text = str(getattr(error, "message", error))
  lines = [line.strip() for line in text.splitlines() if line.strip()]
  if len(lines) > 1 and lines[0] == _HEADING:
    lines = lines[1:]
  found = lines[0] if lines else type(error).__name__
  for before, line in itertools.pairwise(lines):
    if before.startswith("Node: "):  # TensorFlow's own words follow.
      return line.split("[[{{node")[0].strip() or found
    if line.startswith("[[{{node"):
      return before
  return found
