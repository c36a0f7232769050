"""Predicts for the rows of a file, the images of a folder, or arrays."""

import collections
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

import numpy as np

from hub_estimator import inputs
from hub_estimator.errors import UserError, nearest
from hub_estimator.experiments import Experiment
from hub_estimator.model import prediction_names
from hub_estimator.model_dir import results
from hub_estimator.runs import predictions, run_model
from hub_estimator.runs.estimators import (
  find_checkpoint,
  make_estimator,
  read_specs,
)
from hub_estimator.runs.image_checks import Images
from hub_estimator.runs.run import open_with_experiment
from hub_estimator.tensorflow_runtime import op_errors, tf

# Heads repeat the list of all classes in each prediction.
_SAME_IN_ALL = ("all_class_ids", "all_classes")
# Batches between the reader and the model, with room to spare.
_RECENT = 8
_Row = dict[str, Any]
_Prediction = Mapping[str | tuple[str, str], np.ndarray]
Rows = str | os.PathLike[str] | Mapping[str, Sequence[Any] | np.ndarray]


def predict(
  model_dir: str | os.PathLike[str],
  rows: Rows,
  *,
  experiment: Experiment | None = None,
  checkpoint: str | None = None,
  batch_size: int = 256,
) -> predictions.Predictions:
  """Returns a run's predictions as arrays [rows, ...] by name.

  For a folder of images, the array "file" names them.

  Args:
    model_dir: of the run.
    rows: a path as for `write_predictions`, or the features by name, each an array or a
      list [rows, ...].
    experiment: the run's definition; None reads its config.gin.
    checkpoint: a step, a name such as "model.ckpt-500", or a path; None means the last.
    batch_size: rows at a time; changes no prediction.

  Raises:
    UserError: there is no run, or a row lacks a feature or holds another type.
  """
  return predictions.stack(
    list(_predict(model_dir, rows, experiment, checkpoint, batch_size))
  )


def write_predictions(
  model_dir: str | os.PathLike[str],
  *,
  input_path: str,
  output: TextIO,
  experiment: Experiment | None = None,
  checkpoint: str | None = None,
  batch_size: int = 256,
) -> int:
  """Writes a run's predictions, one JSON object a row, and returns their count.

  Rows are read, predicted and written in batches, so files may be larger than memory.

  Args:
    model_dir: of the run.
    input_path: ends in .csv, .tsv, .jsonl or .npz, and holds the run's features by
      name; other columns, such as labels, are ignored. If the run was trained on csv
      or jsonl, the options of its reader hold here. Or a folder of images, whose names
      become "file" in each object.
    output: where lines are written.
    experiment: the run's definition; None reads its config.gin.
    checkpoint: a step, a name such as "model.ckpt-500", or a path; None means the last.
    batch_size: rows at a time; changes no prediction.

  Raises:
    UserError: there is no run, or a row lacks a feature or holds another type; with its
      line.
  """
  count = 0
  for row in _predict(
    model_dir, input_path, experiment, checkpoint, batch_size
  ):
    output.write(json.dumps(results.plain(row), ensure_ascii=False) + "\n")
    count += 1
  return count


def _predict(
  model_dir: str | os.PathLike[str],
  rows: Rows,
  experiment: Experiment | None,
  checkpoint: str | None,
  batch_size: int,
) -> Iterator[_Row]:
  """Yields the predictions of each row by name."""
  workdir, manifest, experiment = open_with_experiment(model_dir, experiment)
  specs = read_specs(manifest)
  images = Images.of(experiment, run_model.read_infos(experiment), specs)
  images.check_manifest(manifest, str(workdir.path))
  source = _Source(rows, specs, images, batch_size, experiment.train_input)
  run_estimator = make_estimator(experiment, model_dir)
  path = find_checkpoint(workdir, checkpoint)

  def input_fn() -> tf.data.Dataset:
    return tf.data.Dataset.from_generator(
      source.read,
      output_signature={
        name: tf.TensorSpec([None, *spec.shape], tf.as_dtype(spec.dtype))
        for name, spec in specs.items()
      },
    ).prefetch(1)

  predicted = run_estimator.predict(input_fn, checkpoint_path=path)
  for row, prediction in enumerate(source.naming_damage(predicted)):
    named = prediction_names(prediction)
    _require_numbers(named, rows, row)
    yield source.names(row) | {
      k: v for k, v in named.items() if k.rsplit("/", 1)[-1] not in _SAME_IN_ALL
    }
  source.raise_error()


def _require_numbers(
  prediction: Mapping[str, np.ndarray], rows: Rows, number: int
) -> None:
  """Raises a UserError if a row has NaN as a prediction, and so no class.

  Args:
    prediction: of one row, by name.
    rows: as `predict` was given them.
    number: of the row, from 0.
  """
  for name, value in prediction.items():
    if value.dtype.kind == "f" and np.isnan(value).any():
      source = "the rows" if isinstance(rows, Mapping) else os.fspath(rows)
      raise UserError(
        f"Row {number + 1} of {source}: the prediction {name!r} is "
        f"{value.tolist()}; look for NaN or huge numbers in its features."
      )


class _Source:
  """The rows to predict for, and the errors in reading them."""

  def __init__(
    self,
    rows: Rows,
    specs: Mapping[str, inputs.FeatureSpec],
    images: Images,
    batch_size: int,
    reader: inputs.Input,
  ) -> None:
    self._images = images
    self._stream: inputs.Stream | None = None
    self._errors: list[UserError] = []
    self._read_rows = 0
    # (rows before it, batch): the last ones, of which the dataset may hold some.
    self._recent = collections.deque[tuple[int, inputs.Batch]](maxlen=_RECENT)
    if isinstance(rows, Mapping):
      where = "The rows"
      batches = _batches(_arrays(rows, specs, images), batch_size)
    else:
      where = os.fspath(rows)
      self._stream = inputs.open_stream(where, "predict", reader=reader)
      images.check_stored(self._stream)
      batches = self._stream.batches(specs, batch_size)
    self._batches = images.checked(batches, where)

  def read(self) -> Iterator[inputs.Batch]:
    """Yields features [batch, ...] by name; keeps an error for `raise_error`."""
    # tf.data would change the type of an error, and add a traceback.
    try:
      for batch in self._batches:
        self._recent.append((self._read_rows, batch))
        self._read_rows += len(next(iter(batch.values())))
        yield batch
    except UserError as error:
      self._errors.append(error)

  def raise_error(self) -> None:
    """Raises the error that ended the reading, if one did."""
    if self._errors:
      raise self._errors[0]

  def naming_damage(
    self, predicted: Iterator[_Prediction]
  ) -> Iterator[_Prediction]:
    """Yields predictions; if a row fails, raises a UserError that names it."""
    try:
      yield from predicted
    except tf.errors.OpError as error:
      for done, batch in self._recent:
        self._images.name_damage(self._stream, batch, done)
      where = "the rows" if self._stream is None else self._stream.path
      raise UserError(
        f"The model fails on {where}: {op_errors.essence(error)}"
      ) from error

  def names(self, row: int) -> dict[str, Any]:
    """Returns the name of the file that a row was read from, if it is an image."""
    if isinstance(self._stream, inputs.Images):
      return {"file": self._stream.files[row]}
    return {}


def _arrays(
  rows: Mapping[str, Any],
  specs: Mapping[str, inputs.FeatureSpec],
  images: Images,
) -> dict[str, np.ndarray]:
  """Returns the features that a run was trained on, of its types."""
  arrays = {}
  for name, spec in specs.items():
    if name not in rows:
      raise UserError(f"No feature {name!r} in the rows; {nearest(name, rows)}")
    dtype = getattr(rows[name], "dtype", None)
    if dtype is not None and dtype.kind in "iu":
      images.check_dtype(name, dtype.name, "The rows")
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


def _batches(
  arrays: Mapping[str, np.ndarray], batch_size: int
) -> Iterator[inputs.Batch]:
  count = len(next(iter(arrays.values())))
  for first in range(0, count, batch_size):
    yield {n: a[first : first + batch_size] for n, a in arrays.items()}
