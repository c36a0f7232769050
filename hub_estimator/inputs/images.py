"""A folder of images, with one folder for each class."""

import dataclasses
import hashlib
import pathlib
from collections.abc import Iterator

import gin
import numpy as np

from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs import image_files, paths
from hub_estimator.inputs.bad_records import BadRecords, check_choice
from hub_estimator.inputs.columns import Files
from hub_estimator.inputs.interface import Examples

_SPLITS = ("train", "eval")


@gin.register("image_folder", module="inputs")
@dataclasses.dataclass(frozen=True)
class ImageFolder:
  """`<path>/<class>/<file>`: JPEG, PNG, GIF or BMP images of any size.

  The feature is "image", encoded, and read when its batch comes. The classes have
  the names of the folders. A run numbers them in sorted order when it is trained, and
  matches other folders by name.

  Attributes:
    path: the folder that holds the folders of classes.
    split: "train", "eval", or None for all. A hash of the class's and the file's
      names decides, so a file stays in its split whichever others come or go.
    eval_percent: the share of the files that is "eval".
    bad_records: "raise", or "skip", which leaves out bad files and counts them in
      the result: files that aren't images or are cut short.
  """

  path: str
  split: str | None = None
  eval_percent: float = 20.0
  bad_records: str = "raise"

  def __post_init__(self) -> None:
    check_choice(self.bad_records, "image_folder.bad_records")
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
    bad = BadRecords(self.bad_records)
    files, labels = [], []
    for label, name in enumerate(classes):
      for path in self._files(root / name):
        problem = image_files.find_problem(path)
        if problem:
          bad.add(f"{path}: {problem}.")
          continue
        files.append(str(path))
        labels.append(label)
    return Examples(
      features={"image": Files(files, find_problem=image_files.find_damage)},
      labels=np.array(labels, np.int64),
      source=f"{root}" + (f" ({self.split})" if self.split else ""),
      skipped=bad.skipped,
      classes=tuple(classes),
    )

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

  def _files(self, folder: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yields the images of a class that belong to this split."""
    found = sorted(p for p in folder.iterdir() if image_files.is_image(p))
    if not found:
      raise UserError(
        f"{folder} has no images; they end in "
        f"{', '.join(image_files.SUFFIXES)}."
      )
    for path in found:
      if self._is_mine(f"{folder.name}/{path.name}"):
        yield path

  def _is_mine(self, name: str) -> bool:
    if self.split is None:
      return True
    # The first 8 bytes as a share of the largest value that they can have.
    digest = hashlib.sha256(name.encode()).digest()[:8]
    share = int.from_bytes(digest, "big") / 2**64
    return (share < self.eval_percent / 100) == (self.split == "eval")
