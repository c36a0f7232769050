"""Image files of a folder: found by their content, whatever their names are."""

import collections
import dataclasses
import os
import pathlib
from collections.abc import Iterable, Iterator

from hub_estimator import pictures

_SHOWN_ENDINGS = 5


@dataclasses.dataclass(frozen=True)
class Listing:
  """The files below a folder.

  Attributes:
    images: files that hold an image, and files that end like one, sorted.
    ignored: all other files, sorted; hidden ones and those in hidden folders too.
  """

  images: list[pathlib.Path]
  ignored: list[pathlib.Path]


def list_images(folder: pathlib.Path) -> Listing:
  """Returns the files of a folder and of the folders in it.

  Args:
    folder: an existing one.
  """
  images: list[pathlib.Path] = []
  ignored: list[pathlib.Path] = []
  for path in sorted(_files(folder)):
    hidden = any(p[0] == "." for p in path.relative_to(folder).parts)
    (ignored if hidden or not _is_image(path) else images).append(path)
  return Listing(images, ignored)


def describe_ignored(paths: Iterable[pathlib.Path]) -> str:
  """Returns how many files were ignored and how they end, such as "2 .txt, 1 .tif".

  Args:
    paths: of the files.
  """
  endings = collections.Counter(
    path.suffix.lower() or "without an ending" for path in paths
  )
  shown = [f"{n} {e}" for e, n in endings.most_common(_SHOWN_ENDINGS)]
  others = endings.total() - sum(
    n for _, n in endings.most_common(_SHOWN_ENDINGS)
  )
  return ", ".join(shown + ([f"{others} others"] if others else []))


def _files(folder: pathlib.Path) -> Iterator[pathlib.Path]:
  for parent, _, names in os.walk(folder):
    for name in names:
      path = pathlib.Path(parent, name)
      if path.is_file():
        yield path


def _is_image(path: pathlib.Path) -> bool:
  """Returns whether a file is an image, or says by its ending that it is one."""
  if path.suffix.lower() in pictures.ENDINGS:
    return True
  with path.open("rb") as file:
    return pictures.kind_of(file.read(pictures.HEADER_BYTES)) is not None
