"""The rows to predict for: a file that the run's own reader reads, a folder, arrays."""

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator import inputs
from hub_estimator.errors import UserError, nearest

Source = str | os.PathLike[str] | Mapping[str, Sequence[Any] | np.ndarray]
# Features to predict from, and columns that are only carried to the predictions.
Rows = tuple[inputs.Batch, inputs.Batch]
# What any run can read, whatever it was trained on.
_STREAMED = (".csv", ".jsonl", ".npz")


def read(
  rows: Source,
  specs: Mapping[str, inputs.FeatureSpec],
  *,
  reader: inputs.Input,
  keep: Sequence[str],
  batch_size: int,
) -> Iterator[Rows]:
  """Yields features and kept columns, each [batch, ...] by name.

  Args:
    rows: a file, a folder of images, or features by name.
    specs: the types of the run's features, by name.
    reader: that the run was trained or evaluated with.
    keep: columns that are carried to the predictions.
    batch_size: rows a batch.

  Raises:
    UserError: the rows lack a feature or a column, or hold another type.
  """
  if isinstance(rows, Mapping):
    kept = {name: _kept(name, rows) for name in keep}
    return _batches(_arrays(rows, specs), kept, batch_size)
  path = os.path.expanduser(os.fspath(rows))
  if os.path.isdir(path):
    return _pictures(path, specs, keep, batch_size)
  own = _own_reader(reader, path)
  if own is not None:
    return _read_own(own, path, specs, keep, batch_size)
  return _stream(path, specs, keep, batch_size)


def _stream(
  path: str,
  specs: Mapping[str, inputs.FeatureSpec],
  keep: Sequence[str],
  batch_size: int,
) -> Iterator[Rows]:
  stream = inputs.open_stream(path, "predict")
  wanted = dict(specs)
  for name in keep:
    if name not in stream.names:
      raise UserError(
        f"{path} has no column {name!r} to keep; {nearest(name, stream.names)}"
      )
    wanted.setdefault(name, stream.spec(name, None))
  for batch in stream.batches(wanted, batch_size):
    yield {n: batch[n] for n in specs}, {n: batch[n] for n in keep}


def _pictures(
  path: str,
  specs: Mapping[str, inputs.FeatureSpec],
  keep: Sequence[str],
  batch_size: int,
) -> Iterator[Rows]:
  """Yields the images of a folder as the run's only feature, and their names."""
  stream = inputs.Images(path)
  strings = [name for name, spec in specs.items() if spec.dtype == "string"]
  if len(specs) != 1 or not strings:
    raise UserError(
      f"{path} is a folder of images, and the run reads "
      f"{', '.join(f'{n}: {s}' for n, s in specs.items())}; a folder feeds one "
      "feature of encoded images."
    )
  for name in keep:
    if name != "file":
      raise UserError(
        f"{path} is a folder of images; it has no column {name!r} to keep."
      )
  done = 0
  encoded = {stream.names[0]: inputs.FeatureSpec("string")}
  for batch in stream.batches(encoded, batch_size):
    (contents,) = batch.values()
    names = stream.files[done : done + len(contents)]
    done += len(contents)
    yield {strings[0]: contents}, {"file": inputs.strings(names)}


def _own_reader(reader: inputs.Input, path: str) -> inputs.Input | None:
  """Returns a reader of the run that reads this file, None if any run can."""
  while not hasattr(reader, "path"):
    inner = getattr(reader, "source", None)
    if inner is None:
      inner = next(iter(getattr(reader, "sources", ())), None)
    if inner is None:
      return None
    reader = inner
  if not dataclasses.is_dataclass(reader) or isinstance(
    reader, inputs.ImageFolder | inputs.Npz
  ):
    return None
  of_any_run = os.path.splitext(path)[1].lower() in _STREAMED
  if isinstance(reader, inputs.Csv) and path.lower().endswith(".csv"):
    of_any_run = reader.delimiter == ","
  return None if of_any_run else reader


def _read_own(
  reader: Any,
  path: str,
  specs: Mapping[str, inputs.FeatureSpec],
  keep: Sequence[str],
  batch_size: int,
) -> Iterator[Rows]:
  """Yields the examples of a file, read as those of training were."""
  names = [*specs, *(name for name in keep if name not in specs)]
  changes: dict[str, Any] = {"path": path, "label": None}
  # A row that is left out would shift the predictions.
  changes["bad_records"] = "raise"
  if isinstance(reader, inputs.TFRecord):
    for name in names:
      if name not in reader.features:
        raise UserError(
          f"inputs.tfrecord has no feature {name!r}; "
          f"{nearest(name, reader.features)}"
        )
    changes["features"] = {name: reader.features[name] for name in names}
  else:
    changes["features"] = names
  if isinstance(reader, inputs.Csv):
    types = {name: spec.dtype for name, spec in specs.items()}
    changes["dtypes"] = {**(reader.dtypes or {}), **types}
  fields = {field.name for field in dataclasses.fields(reader)}
  examples = dataclasses.replace(
    reader, **{k: v for k, v in changes.items() if k in fields}
  ).read()
  for first in range(0, len(examples), batch_size):
    batch, _ = examples.take(slice(first, first + batch_size))
    yield _arrays(batch, specs), {name: batch[name] for name in keep}


def _kept(name: str, rows: Mapping[str, Any]) -> np.ndarray:
  if name not in rows:
    raise UserError(f"No column {name!r} to keep; {nearest(name, rows)}")
  return inputs.column(name, list(rows[name]), "rows")


def _arrays(
  rows: Mapping[str, Any], specs: Mapping[str, inputs.FeatureSpec]
) -> dict[str, np.ndarray]:
  """Returns the features that a run was trained on, of its types."""
  arrays = {}
  for name, spec in specs.items():
    if name not in rows:
      raise UserError(f"No feature {name!r} in the rows; {nearest(name, rows)}")
    array = _cast(name, rows[name], spec)
    shape = inputs.spec_of(array).shape
    if not _fits(shape, spec.shape):
      raise UserError(
        f"Feature {name!r} has rows of shape {list(shape)}, and {spec} is wanted."
      )
    arrays[name] = array
  lengths = {name: len(array) for name, array in arrays.items()}
  if len(set(lengths.values())) != 1:
    raise UserError(f"Features have different lengths: {lengths}.")
  return arrays


def _cast(name: str, values: Any, spec: inputs.FeatureSpec) -> np.ndarray:
  """Returns values in a feature's type, if the cast changes none of them."""
  if isinstance(values, np.ndarray) and values.dtype.name == spec.dtype:
    return values
  array = inputs.column(name, list(values), "rows")
  got = inputs.spec_of(array)
  if got.dtype == spec.dtype:
    return array
  if "string" not in (got.dtype, spec.dtype) and array.dtype.kind in "biu":
    cast = array.astype(spec.dtype)
    if np.array_equal(cast, array):
      return cast
  raise UserError(f"Feature {name!r} is {got}, and {spec} is wanted.")


def _fits(shape: Sequence[int | None], wanted: Sequence[int | None]) -> bool:
  return len(shape) == len(wanted) and all(
    b is None or a == b for a, b in zip(shape, wanted, strict=True)
  )


def _batches(
  features: inputs.Batch, kept: inputs.Batch, batch_size: int
) -> Iterator[Rows]:
  count = len(next(iter(features.values())))
  for first in range(0, count, batch_size):
    rows = slice(first, first + batch_size)
    yield (
      {n: a[rows] for n, a in features.items()},
      {n: a[rows] for n, a in kept.items()},
    )
