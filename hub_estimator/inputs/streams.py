"""Features of a file or a folder, a batch at a time: files may be larger than memory."""

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from hub_estimator.errors import UserError
from hub_estimator.inputs import paths
from hub_estimator.inputs.array_stream import Arrays
from hub_estimator.inputs.csv_file import Csv
from hub_estimator.inputs.image_stream import Images
from hub_estimator.inputs.interface import Batch, FeatureSpec, Input
from hub_estimator.inputs.jsonl_file import Jsonl
from hub_estimator.inputs.parquet_file import Parquet
from hub_estimator.inputs.row_stream import Rows
from hub_estimator.inputs.table_stream import Table

FileReader = Csv | Jsonl | Parquet


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


# Readers of text by the ends of their files' names.
_TEXT: Mapping[str, Callable[[str], Csv | Jsonl]] = {
  ".csv": Csv,
  ".jsonl": Jsonl,
  ".tsv": lambda path: Csv(path, delimiter="\t"),
}
_TABLES = (".parquet", ".arrow")
_FORMATS = (*sorted([*_TEXT, ".npz"]), *_TABLES)
_COMPRESSED = (".gz", ".zst")


def open_stream(path: str, what: str, *, reader: Input | None = None) -> Stream:
  """Returns the rows of a file, or the images of a folder.

  Args:
    path: ends in .csv, .tsv or .jsonl, each perhaps with .gz or .zst behind it, in
      .npz, .parquet or .arrow; or is a folder of images, nested or not, whose feature
      is "image", encoded.
    what: the verb, for messages.
    reader: `inputs.csv`, `inputs.jsonl` or `inputs.parquet`, or an input that has one
      inside; its options hold for files of its format: delimiter, quoting and
      defaults. A file of another name is read by it, too. None reads csv with commas.

  Raises:
    UserError: there is no such file, it is empty, or of another format.
  """
  path = os.path.expanduser(path)
  if os.path.isdir(path):
    return Images(path)
  path = paths.existing_file(path, what)
  suffix, packed = _ending(path)
  given = file_reader(reader)
  if suffix == ".npz" and not packed:
    return Arrays(path)
  if suffix in _TABLES and not packed:
    return Table(path, given if isinstance(given, Parquet) else None)
  if suffix in _TEXT:
    usual = _TEXT[suffix](path)
    if isinstance(given, Csv) and isinstance(usual, Csv):
      usual = _fitted(given, suffix)
    elif isinstance(given, Jsonl) and isinstance(usual, Jsonl):
      usual = given
    return Rows(path, usual.rows)
  if given is None:
    raise UserError(
      f"{what} reads {', '.join(_FORMATS)} and folders of images, and got "
      f"{path!r}."
    )
  return (
    Table(path, given) if isinstance(given, Parquet) else Rows(path, given.rows)
  )


def is_named_as_stream(path: str) -> bool:
  """Returns whether a file's name says that `open_stream` reads it without a reader."""
  suffix, packed = _ending(path)
  return suffix in _TEXT or (suffix in _FORMATS and not packed)


def file_reader(reader: Input | None) -> FileReader | None:
  """Returns the reader of rows that an input is, or has inside; else None."""
  while reader is not None and not isinstance(reader, Csv | Jsonl | Parquet):
    sources = getattr(reader, "sources", ())
    reader = getattr(reader, "source", None) or next(iter(sources), None)
  return reader


def _fitted(given: Csv, suffix: str) -> Csv:
  """Returns a reader of commas with tabs for a .tsv, unless it has read a .tsv."""
  files = [given.path] if isinstance(given.path, str) else given.path
  has_read = any(_ending(file)[0] == ".tsv" for file in files)
  if suffix == ".tsv" and given.delimiter == "," and not has_read:
    return dataclasses.replace(given, delimiter="\t")
  return given


def _ending(path: str) -> tuple[str, bool]:
  """Returns how a file's name ends, and whether it is compressed."""
  bare, suffix = os.path.splitext(path.lower())
  if suffix in _COMPRESSED:
    return os.path.splitext(bare)[1], True
  return suffix, False
