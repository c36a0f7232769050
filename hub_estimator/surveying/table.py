"""A file or folder as columns of plain values, with its gaps."""

import dataclasses
import itertools
import os
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from hub_estimator import inputs
from hub_estimator.errors import UserError

# The columns of a folder of images.
IMAGE, LABEL = "image", "label"
_MOST_ROWS = 200_000
_TABLES = {
  ".csv": "csv",
  ".tsv": "csv",
  ".jsonl": "jsonl",
  ".parquet": "parquet",
  ".arrow": "parquet",
  ".npz": "npz",
}
_PACKED = (".gz", ".zst")


@dataclasses.dataclass(frozen=True)
class Table:
  """Rows as they are in a file: blank values are None, and nothing is refused.

  Attributes:
    path: of the file or folder.
    format: the name of its reader in gin, such as "csv".
    columns: values by column; text as str, an array's rows as arrays, and an image of
      a folder as its path.
    rows: how many were read.
    is_whole: whether these are all.
  """

  path: str
  format: str
  columns: Mapping[str, list[Any]]
  rows: int
  is_whole: bool = True


def read_table(path: str, *, most_rows: int = _MOST_ROWS) -> Table:
  """Returns the first rows of a file, or the images of a folder.

  Args:
    path: a csv, tsv, jsonl, Parquet, Arrow or npz file, or a folder with one folder of
      images for each class.
    most_rows: the number of rows at which reading stops.

  Raises:
    UserError: there is no such file, it is empty, or of another format.
  """
  path = os.path.expanduser(path)
  if os.path.isdir(path):
    return _read_folder(path)
  kind = _format_of(path)
  if not os.path.isfile(path):
    inputs.open_stream(path, "data")  # It says what is there instead.
  if kind == "npz":
    return _read_npz(path)
  rows = itertools.islice(_rows(path, kind), most_rows + 1)
  columns = _columns(itertools.islice(rows, most_rows))
  count = len(next(iter(columns.values()), []))
  if not count:
    raise UserError(f"{path} has no rows.")
  is_whole = next(rows, None) is None
  return Table(path, kind, columns, count, is_whole)


def _format_of(path: str) -> str:
  bare, ending = os.path.splitext(path.lower())
  if ending in _PACKED:
    ending = os.path.splitext(bare)[1]
  if ending not in _TABLES:
    raise UserError(
      f"{path!r} is no folder, and doesn't end in {', '.join(_TABLES)}. For other "
      "formats, write a gin file with an input, and name it by --gin_file."
    )
  return _TABLES[ending]


def _read_folder(path: str) -> Table:
  read = inputs.image_folder(path, check_images="none").read()
  files = inputs.file_paths(read.features[IMAGE])
  assert files is not None and read.classes is not None
  labels = [read.classes[i] for i in np.asarray(read.labels).tolist()]
  columns = {IMAGE: list(files), LABEL: labels}
  return Table(path, "image_folder", columns, len(labels))


def _read_npz(path: str) -> Table:
  read = inputs.npz(path, label=None).read()
  columns = {}
  for name, column in read.features.items():
    values = column[:_MOST_ROWS]
    is_flat = values.ndim == 1
    columns[name] = (
      [_plain(v) for v in values.tolist()] if is_flat else list(values)
    )
  count = min(len(read), _MOST_ROWS)
  return Table(path, "npz", columns, count, count == len(read))


def _rows(path: str, kind: str) -> Iterator[Mapping[str, Any]]:
  if kind == "parquet":
    yield from inputs.table_rows(path)
    return
  reader = inputs.jsonl(path) if kind == "jsonl" else inputs.csv(path)
  if ".tsv" in path.lower():
    reader = inputs.csv(path, delimiter="\t")
  for _, row in reader.rows(path, inputs.Account(path)):
    yield row


def _columns(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[Any]]:
  columns: dict[str, list[Any]] = {}
  for done, row in enumerate(rows):
    for name, value in row.items():
      columns.setdefault(name, [None] * done).append(_plain(value))
    for values in columns.values():
      if len(values) == done:
        values.append(None)
  return columns


def _plain(value: Any) -> Any:
  """Returns text for bytes, and None for what is blank."""
  if isinstance(value, bytes):
    value = value.decode("utf-8", "replace")
  if isinstance(value, str) and not value.strip():
    return None
  return None if isinstance(value, float) and value != value else value
