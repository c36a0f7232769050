"""The rows to predict for: a file that the run's own reader reads, a folder, arrays."""

import dataclasses
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator import inputs
from hub_estimator.errors import UserError, nearest
from hub_estimator.runs.image_checks import Images

Source = str | os.PathLike[str] | Mapping[str, Sequence[Any] | np.ndarray]
# Features to predict from, and columns that are only carried to the predictions.
Rows = tuple[inputs.Batch, inputs.Batch]


@dataclasses.dataclass(frozen=True)
class Opened:
  """Rows that can be read once.

  Attributes:
    batches: features and kept columns, each [batch, ...] by name.
    source: the stream or the path that they are read from; None for arrays.
  """

  batches: Iterator[Rows]
  source: inputs.Stream | str | None = None

  @property
  def name(self) -> str:
    """The path, or a word for arrays, for messages."""
    if self.source is None:
      return "the rows"
    return self.source if isinstance(self.source, str) else self.source.path


def open_rows(
  rows: Source,
  images: Images,
  *,
  readers: Sequence[inputs.Input],
  keep: Sequence[str],
  batch_size: int,
) -> Opened:
  """Returns the rows to predict for.

  Args:
    rows: a file, a folder of images, or features by name.
    images: of the run, with the types of its features.
    readers: of the run's evaluation, then of its training. The first that reads rows
      says how they are read; other files are read by the first, if any run can't.
    keep: columns that are carried to the predictions.
    batch_size: rows a batch.

  Raises:
    UserError: the rows lack a feature or a column, or hold another type.
  """
  if isinstance(rows, Mapping):
    kept = {name: _kept(name, rows) for name in keep}
    arrays = _arrays(rows, images, "The rows")
    return Opened(_batches(arrays, kept, batch_size))
  path = os.path.expanduser(os.fspath(rows))
  if os.path.isdir(path):
    folder = inputs.Images(path)
    return Opened(_pictures(folder, images.specs, keep, batch_size), folder)
  own = inputs.find_reader(readers[0], path)
  if own is not None:
    return Opened(_read_own(own, path, images, keep, batch_size), path)
  texts = [r for r in readers if inputs.file_reader(r) is not None]
  reader = next(iter(texts), None)
  stream = inputs.open_stream(path, "predict", reader=reader)
  images.check_stored(stream)
  return Opened(_stream(stream, images.specs, keep, batch_size), stream)


def _stream(
  stream: inputs.Stream,
  specs: Mapping[str, inputs.FeatureSpec],
  keep: Sequence[str],
  batch_size: int,
) -> Iterator[Rows]:
  wanted = dict(specs)
  for name in keep:
    if name not in stream.names:
      raise UserError(
        f"{stream.path} has no column {name!r} to keep; "
        f"{nearest(name, stream.names)}"
      )
    wanted.setdefault(name, stream.spec(name, None))
  for batch in stream.batches(wanted, batch_size):
    yield {n: batch[n] for n in specs}, {n: batch[n] for n in keep}


def _pictures(
  folder: inputs.Images,
  specs: Mapping[str, inputs.FeatureSpec],
  keep: Sequence[str],
  batch_size: int,
) -> Iterator[Rows]:
  """Yields the images of a folder as the run's only feature, and their names."""
  for name in keep:
    if name != "file":
      raise UserError(
        f"{folder.path} is a folder of images; it has no column {name!r} to keep."
      )
  done = 0
  for batch in folder.batches(specs, batch_size):
    count = len(next(iter(batch.values())))
    names = folder.files[done : done + count]
    done += count
    yield batch, {"file": np.array(names, dtype=object)}


def _read_own(
  reader: Any,
  path: str,
  images: Images,
  keep: Sequence[str],
  batch_size: int,
) -> Iterator[Rows]:
  """Yields the examples of a file, read as those of training were."""
  examples = inputs.read_file(reader, path, images.specs, keep)
  files = [inputs.file_paths(column) for column in examples.features.values()]
  names = next((found for found in files if found is not None), None)
  # Padded as a sparse input drops it.
  sparse = {
    name: inputs.Lists(
      examples.features[name], open=spec.is_ragged, sparse=True
    )
    for name, spec in images.specs.items()
    if spec.sparse
  }
  examples = dataclasses.replace(
    examples, features={**examples.features, **sparse}
  )
  for first in range(0, len(examples), batch_size):
    batch, _ = examples.take(slice(first, first + batch_size))
    arrays = _arrays(batch, images, path)
    kept = {name: batch[name] for name in keep}
    if names is not None:
      kept["file"] = names[first : first + batch_size]
    yield {name: column[:] for name, column in arrays.items()}, kept


def _kept(name: str, rows: Mapping[str, Any]) -> np.ndarray:
  if name not in rows:
    raise UserError(f"No column {name!r} to keep; {nearest(name, rows)}")
  return inputs.column(name, list(rows[name]), "rows")


def _arrays(
  rows: Mapping[str, Any], images: Images, source: str
) -> dict[str, inputs.Column]:
  """Returns the features that a run was trained on, of its types."""
  arrays: dict[str, inputs.Column] = {}
  for name, spec in images.specs.items():
    if name not in rows:
      raise UserError(f"No feature {name!r} in the rows; {nearest(name, rows)}")
    dtype = getattr(rows[name], "dtype", None)
    if dtype is not None and dtype.kind in "iu":
      images.check_dtype(name, dtype.name, source)
    array = _cast(name, rows[name], spec)
    shape = inputs.spec_of(array).shape
    if not spec.accepts_shape(shape):
      raise UserError(
        f"Feature {name!r} has rows of shape {list(shape)}, and {spec} is wanted."
      )
    arrays[name] = array
  lengths = {name: len(array) for name, array in arrays.items()}
  if len(set(lengths.values())) != 1:
    raise UserError(f"Features have different lengths: {lengths}.")
  return arrays


def _cast(name: str, values: Any, spec: inputs.FeatureSpec) -> inputs.Column:
  """Returns values in a feature's type, if the cast changes none of them."""
  if isinstance(values, np.ndarray) and _is_of(values, spec):
    return values
  array = inputs.feature(name, list(values), "rows")
  if spec.sparse:
    array = inputs.Lists(array, open=spec.is_ragged, sparse=True)
  got = inputs.spec_of(array)
  if got.dtype == spec.dtype:
    return array
  if isinstance(array, np.ndarray) and (
    "string" not in (got.dtype, spec.dtype) and array.dtype.kind in "biu"
  ):
    cast = array.astype(spec.dtype)
    if np.array_equal(cast, array):
      return cast
  raise UserError(f"Feature {name!r} is {got}, and {spec} is wanted.")


def _is_of(values: np.ndarray, spec: inputs.FeatureSpec) -> bool:
  """Returns whether an array has a feature's dtype; text must be `bytes`."""
  if inputs.spec_of(values).dtype != spec.dtype:
    return False
  return values.dtype.kind != "O" or all(type(v) is bytes for v in values.flat)


def _batches(
  features: Mapping[str, inputs.Column], kept: inputs.Batch, batch_size: int
) -> Iterator[Rows]:
  count = len(next(iter(features.values())))
  for first in range(0, count, batch_size):
    rows = slice(first, first + batch_size)
    yield (
      {n: a[rows] for n, a in features.items()},
      {n: a[rows] for n, a in kept.items()},
    )
