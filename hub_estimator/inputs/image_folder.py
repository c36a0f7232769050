"""A folder of images, one folder a class."""

import dataclasses
import hashlib
import os
import pathlib
import zlib

import gin
import numpy as np

from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs import bad_records, interface
from hub_estimator.inputs.columns import Files

SUFFIXES = (".jpg", ".jpeg", ".png", ".gif", ".bmp")
_SPLITS = ("train", "eval")
_PNG = b"\x89PNG\r\n\x1a\n"
# First and last bytes of a whole file.
_ENDS = (
  (b"\xff\xd8\xff", b"\xff\xd9"),
  (_PNG, b"IEND\xaeB`\x82"),
  (b"GIF8", b";"),
  (b"BM", b""),
)


@gin.register("image_folder", module="inputs")
@dataclasses.dataclass(frozen=True)
class ImageFolder:
  """`<path>/<class>/<file>`: JPEG, PNG, GIF or BMP, of any size.

  The feature is "image", encoded, and read when its batch comes; the label is
  the class's place among the sorted names of folders.

  Attributes:
    path: of the folder of classes.
    split: "train" or "eval", divided by a hash of the class's and the file's
      name: a file stays in its split whatever else comes or goes. None takes all.
    eval_percent: share of the files that is "eval".
    bad_records: "raise", or "skip": leaves out, and counts in the result, files
      that are no image or cut short.
  """

  path: str
  split: str | None = None
  eval_percent: float = 20.0
  bad_records: str = "raise"

  def __post_init__(self):
    bad_records.check_choice(self.bad_records, "image_folder.bad_records")
    if self.split is not None and self.split not in _SPLITS:
      raise UserError(
        f"image_folder.split is {self.split!r}: {nearest(self.split, _SPLITS)}"
      )

  def read(self) -> interface.Examples:
    """Returns all examples; the images are read later.

    Raises:
      UserError: there is no such folder, it has no classes or no images, or a
        file isn't an image.
    """
    root = pathlib.Path(
      interface.expand_path(self.path, "inputs.image_folder.path")
    )
    if not root.is_dir():
      raise UserError(f"inputs.image_folder: no folder {self.path!r}.")
    classes = sorted(
      p.name for p in root.iterdir() if p.is_dir() and p.name[0] != "."
    )
    if len(classes) < 2:
      raise UserError(
        f"{root} has {len(classes)} folders; there is one for each class, of at "
        "least two."
      )
    bad = bad_records.BadRecords(self.bad_records)
    paths, labels = [], []
    for label, name in enumerate(classes):
      found = sorted(
        p for p in (root / name).iterdir() if p.suffix.lower() in SUFFIXES
      )
      if not found:
        raise UserError(
          f"{root / name} has no images; they end in {', '.join(SUFFIXES)}."
        )
      for path in found:
        if self._is_mine(f"{name}/{path.name}"):
          problem = find_problem(path)
          if problem:
            bad.add(f"{path}: {problem}.")
            continue
          paths.append(str(path))
          labels.append(label)
    return interface.Examples(
      features={"image": Files(paths, check=find_damage)},
      labels=np.array(labels, np.int64),
      source=f"{root}" + (f" ({self.split})" if self.split else ""),
      skipped=bad.skipped,
    )

  def _is_mine(self, name: str) -> bool:
    if self.split is None:
      return True
    # The first 8 bytes as a share of all that they can be.
    digest = hashlib.sha256(name.encode()).digest()[:8]
    share = int.from_bytes(digest, "big") / 2**64
    return (share < self.eval_percent / 100) == (self.split == "eval")


def find_problem(path: pathlib.Path) -> str | None:
  """Returns why a file is no whole image, by its first and last bytes."""
  with path.open("rb") as file:
    first = file.read(8)
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - 64))
    last = file.read()
  for start, end in _ENDS:
    if first.startswith(start):
      # Some cameras and tools pad a file after its end.
      return None if end in last.rstrip(b"\0") else "the image is cut short"
  return "not a JPEG, PNG, GIF or BMP image"


def find_damage(content: bytes) -> str | None:
  """Returns where a PNG's checksums say that it is damaged; other kinds have none."""
  if not content.startswith(_PNG):
    return None
  at = len(_PNG)
  while at + 12 <= len(content):
    # Length, type and data of a chunk; the checksum is of the last two.
    end = at + 8 + int.from_bytes(content[at : at + 4])
    if end + 4 > len(content):
      break
    checksum = zlib.crc32(content[at + 4 : end])
    if checksum.to_bytes(4) != content[end : end + 4]:
      return f"the PNG is damaged at byte {at}"
    if content[at + 4 : at + 8] == b"IEND":
      return None
    at = end + 4
  return "the PNG is cut short"
