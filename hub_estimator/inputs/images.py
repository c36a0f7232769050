"""A folder of images, with one folder for each class."""

import dataclasses
import hashlib
import logging
import pathlib
from collections.abc import Sequence

import gin
import numpy as np

from hub_estimator import pictures
from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs import image_checks, image_files, paths
from hub_estimator.inputs.bad_records import BadRecords, check_choice
from hub_estimator.inputs.columns import Files
from hub_estimator.inputs.interface import Examples

_log = logging.getLogger(__name__)
_SPLITS = ("train", "eval")


@gin.register("image_folder", module="inputs")
@dataclasses.dataclass(frozen=True)
class ImageFolder:
  """`<path>/<class>/<file>`: JPEG, PNG, GIF, BMP or WebP images of any size.

  Files are recognised by their content, whatever their names are, in the folder of
  their class or in folders within it. Files that aren't images are ignored, and a log
  line counts them. WebP needs a TensorFlow that decodes it (2.21 does).

  The feature is "image", encoded, and read when its batch comes. The classes have
  the names of the folders. A run numbers them in sorted order when it is trained, and
  matches other folders by name. Images are turned as their EXIF data says, and
  transparent pixels are laid on white.

  Attributes:
    path: the folder that holds the folders of classes.
    split: "train", "eval", or None for all. A hash of the class's and the file's
      names decides, so a file stays in its split whichever others come or go.
    eval_percent: the share of the files that is "eval".
    bad_records: "raise", or "skip", which leaves out bad files and counts them in
      the result: files that end like an image and aren't one, are cut short, or
      can't be decoded.
    check_images: which files are decoded before step 1: "all"; "sample", 200 of
      them; or "none". 2,000 JPEGs of 400x300 take 6 seconds of a core. Checks that
      took long are remembered until a file changes.
  """

  path: str
  split: str | None = None
  eval_percent: float = 20.0
  bad_records: str = "raise"
  check_images: str = "all"

  def __post_init__(self) -> None:
    check_choice(self.bad_records, "image_folder.bad_records")
    image_checks.check_choice(self.check_images, "image_folder")
    if self.split is not None and self.split not in _SPLITS:
      raise UserError(
        f"image_folder.split is {self.split!r}: {nearest(self.split, _SPLITS)}"
      )

  def read(self) -> Examples:
    """Returns all examples; the images are read later.

    Raises:
      UserError: there is no such folder, it has no classes or no images, or a bad
        file isn't skipped.
    """
    root = pathlib.Path(
      paths.expand_path(self.path, "inputs.image_folder.path")
    )
    classes = self._classes(root)
    found, ignored = self._files(root, classes)
    problems = image_checks.find_problems(
      [path for path, _ in found], self.check_images
    )
    bad = BadRecords(self.bad_records)
    image_checks.skip({str(p): why for p, why in problems.items()}, bad)
    notes = _describe_ignored(len(found), ignored)
    for note in notes:
      _log.warning("%s: %s", root, note)
    whole = [(p, label) for p, label in found if p not in problems]
    return Examples(
      features={
        "image": Files(
          [str(path) for path, _ in whole], find_problem=pictures.find_problem
        )
      },
      labels=np.array([label for _, label in whole], np.int64),
      source=f"{root}" + (f" ({self.split})" if self.split else ""),
      skipped=bad.skipped,
      notes=notes,
      classes=tuple(classes),
    )

  def find_damaged(self) -> list[str]:
    """Returns "<path>: <problem>" for each image that can't be decoded now."""
    root = pathlib.Path(
      paths.expand_path(self.path, "inputs.image_folder.path")
    )
    found, _ = self._files(root, self._classes(root))
    return image_checks.find_damaged(str(path) for path, _ in found)

  def _classes(self, root: pathlib.Path) -> list[str]:
    """Returns the names of the classes in the order of their labels."""
    if not root.is_dir():
      raise UserError(f"inputs.image_folder: no folder {self.path!r}.")
    classes = sorted(
      p.name for p in root.iterdir() if p.is_dir() and p.name[0] != "."
    )
    if not classes:
      raise UserError(f"{root} has no folders; it needs one for each class.")
    return classes

  def _files(
    self, root: pathlib.Path, classes: Sequence[str]
  ) -> tuple[list[tuple[pathlib.Path, int]], list[pathlib.Path]]:
    """Returns (image, label) of each image of this split, and files to ignore."""
    found = []
    ignored = sorted(p for p in root.iterdir() if not p.is_dir())
    for label, name in enumerate(classes):
      listing = image_files.list_images(root / name)
      if not listing.images:
        raise UserError(
          f"{root / name} has no images"
          + (
            f"; it has {image_files.describe_ignored(listing.ignored)}."
            if listing.ignored
            else "."
          )
        )
      ignored += listing.ignored
      found += [
        (path, label)
        for path in listing.images
        if self._is_mine(path.relative_to(root).as_posix())
      ]
    return found, ignored

  def _is_mine(self, name: str) -> bool:
    if self.split is None:
      return True
    # The first 8 bytes as a share of the largest value that they can have.
    digest = hashlib.sha256(name.encode()).digest()[:8]
    share = int.from_bytes(digest, "big") / 2**64
    return (share < self.eval_percent / 100) == (self.split == "eval")


def _describe_ignored(
  images: int, ignored: Sequence[pathlib.Path]
) -> tuple[str, ...]:
  """Returns a sentence about the files that are ignored, if there are any."""
  if not ignored:
    return ()
  return (
    f"{images} images; ignored {len(ignored)} files that aren't images in a "
    f"folder of a class: {image_files.describe_ignored(ignored)}.",
  )
