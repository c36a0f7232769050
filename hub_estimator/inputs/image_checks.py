"""Files of images, looked at before step 1: all, some, or their headers alone."""

import logging
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub_estimator import pictures
from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs.bad_records import BadRecords

_log = logging.getLogger(__name__)
_CHECKS = ("all", "sample", "none")
_SAMPLE = 200  # Files: enough to find a folder that is damaged as a whole.
_SHOWN = 5


def check_choice(check_images: Any, kind: str) -> None:
  """Raises a UserError unless an input's `check_images` says which are decoded.

  Args:
    check_images: the user's value.
    kind: the input's gin name, for the message.
  """
  if check_images not in _CHECKS:
    raise UserError(
      f"{kind}.check_images is {check_images!r}: "
      + nearest(str(check_images), _CHECKS)
    )


def find_problems(
  paths: Sequence[pathlib.Path], check_images: str
) -> dict[pathlib.Path, str]:
  """Returns what is wrong with bad files, by path and in their order.

  Args:
    paths: of the images.
    check_images: "all", "sample" or "none" are decoded.
  """
  every = 1
  if check_images != "all":
    every = max(1, len(paths) // _SAMPLE)
  decoded = [] if check_images == "none" else paths[::every]
  damaged = pictures.find_damaged_files(decoded, what="checking images")
  if len(decoded) == len(paths):
    return damaged
  found = {p: damaged.get(p) or _find_problem(p) for p in paths}
  return {path: problem for path, problem in found.items() if problem}


def skip(problems: Mapping[str, str], bad: BadRecords) -> None:
  """Counts bad files and logs the first, or refuses the first.

  Args:
    problems: what is wrong, by file or by row.
    bad: counts or refuses.

  Raises:
    UserError: the first is refused.
  """
  for place, problem in problems.items():
    more = f" ({len(problems)} files are bad)" if len(problems) > 1 else ""
    bad.add(f"{place}: {problem}{more}.")
  for place, problem in list(problems.items())[:_SHOWN]:
    _log.warning("Skipped %s: %s.", place, problem)
  if len(problems) > _SHOWN:
    _log.warning("Skipped %d more images.", len(problems) - _SHOWN)


def find_damaged(paths: Iterable[str]) -> list[str]:
  """Returns "<path>: <problem>" for each image that can't be decoded now.

  Args:
    paths: of the images.
  """
  damaged = pictures.find_damaged_files(
    [pathlib.Path(path) for path in paths], what="looking for the damaged image"
  )
  return [f"{path}: {problem}" for path, problem in damaged.items()]


def _find_problem(path: pathlib.Path) -> str | None:
  """Returns why a file isn't a whole image, without decoding it."""
  return pictures.find_problem(path.read_bytes())
