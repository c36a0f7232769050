"""Another file that is read as a run's own data is."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs.csv_file import Csv
from hub_estimator.inputs.image_table import ImageTable
from hub_estimator.inputs.images import ImageFolder
from hub_estimator.inputs.interface import Examples, FeatureSpec, Input
from hub_estimator.inputs.jsonl_file import Jsonl
from hub_estimator.inputs.npz_file import Npz
from hub_estimator.inputs.parquet_file import Parquet
from hub_estimator.inputs.streams import is_named_as_stream
from hub_estimator.inputs.tfrecord_file import TFRecord
from hub_estimator.inputs.vectors import Vector


def find_reader(reader: Input, path: str) -> Input | None:
  """Returns the reader of a run that reads a file, None if `open_stream` does.

  Args:
    reader: an input of the run; one inside it may be returned.
    path: of the file.
  """
  while not isinstance(reader, ImageTable | Vector) and not hasattr(
    reader, "path"
  ):
    inner = getattr(reader, "source", None)
    if inner is None:
      inner = next(iter(getattr(reader, "sources", ())), None)
    if inner is None:
      return None
    reader = inner
  if isinstance(reader, ImageTable | Vector):
    return reader
  if not dataclasses.is_dataclass(reader) or isinstance(
    reader, Csv | ImageFolder | Jsonl | Npz | Parquet
  ):
    return None
  return None if is_named_as_stream(path) else reader


def read_file(
  reader: Any,
  path: str,
  specs: Mapping[str, FeatureSpec],
  keep: Sequence[str],
) -> Examples:
  """Returns the examples of a file, without labels.

  Args:
    reader: as `find_reader` returns it. A bad record is refused: leaving it out would
      shift the rows.
    path: of the file.
    specs: the features that the run reads.
    keep: columns to read beside them.

  Raises:
    UserError: the file can't be read, or lacks a column.
  """
  names = list(dict.fromkeys([*specs, *keep]))
  if isinstance(reader, ImageTable | Vector):
    return reader.of_file(path, names).read()
  changes: dict[str, Any] = {"path": path, "label": None, "features": names}
  changes["bad_records"] = "raise"
  if isinstance(reader, TFRecord):
    known = reader.features
    if known is None:
      known = {n: (s.dtype, s.shape) for n, s in specs.items()}
      if not known.keys() >= set(keep):
        known = {**reader.features_of(path), **known}
    for name in names:
      if name not in known:
        raise UserError(
          f"inputs.tfrecord has no feature {name!r}; {nearest(name, known)}"
        )
    changes["features"] = {name: known[name] for name in names}
  fields = {field.name for field in dataclasses.fields(reader)}
  return dataclasses.replace(
    reader, **{k: v for k, v in changes.items() if k in fields}
  ).read()
