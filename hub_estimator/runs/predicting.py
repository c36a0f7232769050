"""Predicts for the rows of a file, the images of a folder, or arrays."""

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
from hub_estimator.runs.run import open_with_experiment
from hub_estimator.runs.sequences import open_specs
from hub_estimator.tensorflow_runtime import tf

# Heads repeat the list of all classes in each prediction.
_SAME_IN_ALL = ("all_class_ids", "all_classes")
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
    input_path: ends in .csv, .jsonl or .npz, and holds the run's features by name;
      other columns, such as labels, are ignored. Or a folder of images.
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
) -> Iterator[dict[str, np.ndarray]]:
  """Yields the predictions of each row by name."""
  workdir, manifest, experiment = open_with_experiment(model_dir, experiment)
  specs = open_specs(
    experiment, run_model.read_infos(experiment), read_specs(manifest)
  )
  batches = _read(rows, specs, batch_size)
  run_estimator = make_estimator(experiment, model_dir)
  path = find_checkpoint(workdir, checkpoint)
  errors: list[UserError] = []

  def read() -> Iterator[inputs.Batch]:
    # tf.data would change the type of an error, and add a traceback.
    try:
      yield from batches
    except UserError as error:
      errors.append(error)

  def input_fn() -> tf.data.Dataset:
    return tf.data.Dataset.from_generator(
      read,
      output_signature={
        name: tf.TensorSpec([None, *spec.shape], tf.as_dtype(spec.dtype))
        for name, spec in specs.items()
      },
    ).prefetch(1)

  for prediction in run_estimator.predict(input_fn, checkpoint_path=path):
    yield {
      k: v
      for k, v in prediction_names(prediction).items()
      if k.rsplit("/", 1)[-1] not in _SAME_IN_ALL
    }
  if errors:
    raise errors[0]


def _read(
  rows: Rows, specs: Mapping[str, inputs.FeatureSpec], batch_size: int
) -> Iterator[inputs.Batch]:
  """Yields features [batch, ...] by name."""
  if isinstance(rows, Mapping):
    return _batches(_arrays(rows, specs), batch_size)
  stream = inputs.open_stream(os.fspath(rows), "predict")
  return stream.batches(specs, batch_size)


def _arrays(
  rows: Mapping[str, Any], specs: Mapping[str, inputs.FeatureSpec]
) -> dict[str, inputs.Column]:
  """Returns the features that a run was trained on, of its types."""
  arrays: dict[str, inputs.Column] = {}
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


def _cast(name: str, values: Any, spec: inputs.FeatureSpec) -> inputs.Column:
  """Returns values in a feature's type, if the cast changes none of them."""
  if isinstance(values, np.ndarray) and values.dtype.name == spec.dtype:
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


def _fits(shape: Sequence[int | None], wanted: Sequence[int | None]) -> bool:
  return len(shape) == len(wanted) and all(
    b is None or a == b for a, b in zip(shape, wanted, strict=True)
  )


def _batches(
  arrays: Mapping[str, inputs.Column], batch_size: int
) -> Iterator[inputs.Batch]:
  count = len(next(iter(arrays.values())))
  for first in range(0, count, batch_size):
    yield {n: a[first : first + batch_size] for n, a in arrays.items()}
