"""Where the evaluation data of some training data is, by their names."""

import os
import re

_OTHERS = ("eval", "valid", "validation", "val", "dev", "test")
_TRAIN = re.compile(r"(^|[^a-z])(train|training)($|[^a-z])", re.IGNORECASE)


def find_evaluation(path: str) -> tuple[str, str | None]:
  """Returns (training data, evaluation data); None if there is none beside it.

  A folder may hold both, as `train` and `eval`, `valid`, `val`, `dev` or `test`. Beside
  a file or folder with "train" in its name, the same name with one of these words
  counts.

  Args:
    path: as the user names it.
  """
  if os.path.isdir(path):
    held = {name.lower(): name for name in os.listdir(path)}
    if "train" in held:
      for other in _OTHERS:
        if other in held:
          train, evaluation = held["train"], held[other]
          return os.path.join(path, train), os.path.join(path, evaluation)
  folder, name = os.path.split(path.rstrip("/"))
  found = _TRAIN.search(name)
  if found:
    for other in _OTHERS:
      beside = name[: found.start(2)] + other + name[found.end(2) :]
      if os.path.exists(os.path.join(folder, beside)):
        return path, os.path.join(folder, beside)
  return path, None
