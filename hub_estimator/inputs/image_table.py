"""A table with a column of paths of images."""

import dataclasses
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import gin
import numpy as np

from hub_estimator import pictures
from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs import image_checks, paths, shards
from hub_estimator.inputs.bad_records import BadRecords, check_choice
from hub_estimator.inputs.columns import Files
from hub_estimator.inputs.interface import Examples
from hub_estimator.inputs.rearranging import select


@gin.register("image_table", module="inputs")
@dataclasses.dataclass(frozen=True)
class ImageTable:
  """Rows of a table with the path of an image each, and any other columns.

  The feature "image", encoded, takes the place of the column of paths, and is read
  when its batch comes. Images are recognised by content, and turned and laid on white,
  as in `inputs.image_folder`.

  Attributes:
    source: the table: `inputs.csv`, `inputs.jsonl` or `inputs.parquet`. Its label may
      be any column.
    path_column: the column of paths.
    folder: that paths are relative to; None means the folder of the table's file.
    bad_records: "raise", or "skip", which leaves out rows whose file is missing, is no
      image, is cut short or can't be decoded, and counts them in the result.
    check_images: which files are decoded before step 1: "all"; "sample", 200 of
      them; or "none". See `inputs.image_folder`.
  """

  source: Any
  path_column: str = "path"
  folder: str | None = None
  bad_records: str = "raise"
  check_images: str = "all"

  def __post_init__(self) -> None:
    check_choice(self.bad_records, "image_table.bad_records")
    image_checks.check_choice(self.check_images, "image_table")
    if not hasattr(self.source, "path"):
      raise UserError(
        f"image_table.source is {self.source!r}; it is an input with a path, such "
        "as @inputs.csv()."
      )

  def read(self) -> Examples:
    """Returns all examples; the images are read later.

    Raises:
      UserError: the table can't be read or lacks the column, or a bad file isn't
        skipped.
    """
    table, files = self._read_table()
    bad = BadRecords(self.bad_records)
    missing = {
      i: "no such file" for i, f in enumerate(files) if not os.path.isfile(f)
    }
    there = [pathlib.Path(f) for i, f in enumerate(files) if i not in missing]
    unlike = image_checks.find_problems(
      list(dict.fromkeys(there)), self.check_images
    )
    problems = {
      i: missing.get(i) or unlike[pathlib.Path(file)]
      for i, file in enumerate(files)
      if i in missing or pathlib.Path(file) in unlike
    }
    image_checks.skip(
      {
        f"{table.source}, example {i}: {files[i]}": why
        for i, why in problems.items()
      },
      bad,
    )
    if problems:
      good = np.array([i for i in range(len(files)) if i not in problems])
      if not good.size:
        raise UserError(f"{table.source} has no images that can be read.")
      lines = table.lines
      table, files = select(table, good, table.source), [files[i] for i in good]
      table = dataclasses.replace(table, lines=lines)
    images = Files(files, find_problem=pictures.find_problem)
    return dataclasses.replace(
      table,
      features={"image": images, **self._others(table)},
      skipped=table.skipped + bad.skipped,
    )

  def find_damaged(self) -> list[str]:
    """Returns "<path>: <problem>" for each image that can't be decoded now."""
    _, files = self._read_table()
    return image_checks.find_damaged(filter(os.path.isfile, files))

  def of_file(self, path: str, names: Sequence[str]) -> "ImageTable":
    """Returns the reader of another table, without labels.

    Args:
      path: of the table.
      names: of the features that are read.
    """
    columns = [name for name in names if name != "image"]
    source = dataclasses.replace(
      self.source,
      path=path,
      label=None,
      features=list(dict.fromkeys([self.path_column, *columns])),
      bad_records="raise",
    )
    return dataclasses.replace(self, source=source, bad_records="raise")

  def _read_table(self) -> tuple[Examples, list[str]]:
    """Returns the table, and the path of each row's file."""
    table = self.source.read()
    column = table.features.get(self.path_column)
    if column is None or column.dtype.kind != "O" or len(column.shape) != 1:
      is_there = "isn't text" if column is not None else "doesn't exist"
      raise UserError(
        f"image_table.path_column is {self.path_column!r}, which {is_there} in "
        f"{table.source}; {nearest(self.path_column, table.features)}"
      )
    if "image" in self._others(table):
      raise UserError(
        f"{table.source} has a column 'image' beside the images; leave it out with "
        "features."
      )
    root = self._root()
    return table, [
      os.path.join(root, os.fsdecode(name)) for name in column[:].tolist()
    ]

  def _others(self, table: Examples) -> dict[str, Any]:
    return {n: c for n, c in table.features.items() if n != self.path_column}

  def _root(self) -> str:
    if self.folder is not None:
      return paths.expand_path(self.folder, "inputs.image_table.folder")
    files = shards.find(self.source.path, "inputs.image_table.source")
    folders = {os.path.dirname(file) for file in files}
    if len(folders) > 1:
      raise UserError(
        "image_table.folder isn't set, and the files of its table are in several "
        f"folders: {', '.join(sorted(folders))}."
      )
    return folders.pop()
