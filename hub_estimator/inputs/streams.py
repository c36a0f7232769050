"""Features of a file or a folder, a batch at a time: files of any size fit in memory."""

import os
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from hub_estimator.errors import UserError
from hub_estimator.inputs import csv_file, jsonl_file, paths
from hub_estimator.inputs.array_stream import Arrays
from hub_estimator.inputs.image_stream import Images
from hub_estimator.inputs.interface import Batch, FeatureSpec
from hub_estimator.inputs.row_stream import Rows


class Stream(Protocol):
  """Rows with features by name.

  Attributes:
    path: where they are read.
    names: the features.
  """

  path: str
  names: tuple[str, ...]

  def spec(self, name: str, wanted: FeatureSpec | None) -> FeatureSpec:
    """Returns the type that a feature is read as.

    Args:
      name: one of `names`.
      wanted: the type to read it as; a dimension of None accepts any size. None
        reads it as it is stored.
    """

  def batches(
    self, specs: Mapping[str, FeatureSpec], batch_size: int
  ) -> Iterator[Batch]:
    """Yields arrays [batch, ...] of these features, the last batch as it is.

    Args:
      specs: the types to read, by feature.
      batch_size: rows a batch.

    Raises:
      UserError: a row lacks a feature or holds another type; the message names
        the row.
    """


_OPENERS: Mapping[str, Callable[[str], Stream]] = {
  ".csv": lambda path: Rows(path, csv_file.read_rows),
  ".jsonl": lambda path: Rows(path, jsonl_file.read_rows),
  ".npz": Arrays,
}


def open_stream(path: str, what: str) -> Stream:
  """Returns the rows of a csv, jsonl or npz file, or the images of a folder.

  Args:
    path: ends in .csv, .jsonl or .npz, or is a folder of images, nested or not;
      its feature is "image", encoded.
    what: the verb, for messages.

  Raises:
    UserError: there is no such file, it is empty, or of another format.
  """
  path = os.path.expanduser(path)
  if os.path.isdir(path):
    return Images(path)
  path = paths.existing_file(path, what)
  suffix = os.path.splitext(path)[1].lower()
  if suffix not in _OPENERS:
    raise UserError(
      f"{what} reads {', '.join(_OPENERS)} and folders of images, and got "
      f"{path!r}."
    )
  return _OPENERS[suffix](path)
