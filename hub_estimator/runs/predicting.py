"""Predicts for the rows of a file, the images of a folder, or arrays."""

import collections
import json
import os
from collections.abc import Iterator, Sequence
from typing import Any, TextIO

import numpy as np

from hub_estimator import inputs
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.model import prediction_names
from hub_estimator.model_dir import results
from hub_estimator.runs import prediction_rows, predictions
from hub_estimator.runs.estimators import (
  find_checkpoint,
  make_estimator,
  read_specs,
)
from hub_estimator.runs.run import open_with_experiment
from hub_estimator.tensorflow_runtime import tf

# Heads repeat the list of all classes in each prediction.
_SAME_IN_ALL = ("all_class_ids", "all_classes")


def predict(
  model_dir: str | os.PathLike[str],
  rows: prediction_rows.Source,
  *,
  experiment: Experiment | None = None,
  checkpoint: str | None = None,
  batch_size: int = 256,
  keep: Sequence[str] = (),
) -> predictions.Predictions:
  """Returns a run's predictions as arrays [rows, ...] by name.

  Args:
    model_dir: of the run.
    rows: a path as for `write_predictions`, or the features by name, each an array or a
      list [rows, ...].
    experiment: the run's definition; None reads its config.gin.
    checkpoint: a step, a name such as "model.ckpt-500", or a path; None means the last.
    batch_size: rows at a time; changes no prediction.
    keep: columns of the rows that are carried to the predictions, such as an id.

  Raises:
    UserError: there is no run, or a row lacks a feature or holds another type.
  """
  return predictions.stack(
    list(_predict(model_dir, rows, experiment, checkpoint, batch_size, keep))
  )


def write_predictions(
  model_dir: str | os.PathLike[str],
  *,
  input_path: str,
  output: TextIO,
  experiment: Experiment | None = None,
  checkpoint: str | None = None,
  batch_size: int = 256,
  keep: Sequence[str] = (),
) -> int:
  """Writes a run's predictions, one JSON object a row, and returns their count.

  Rows are read, predicted and written in batches, so files may be larger than memory.

  Args:
    model_dir: of the run.
    input_path: ends in .csv, .jsonl or .npz, and holds the run's features by name;
      other columns, such as labels, are ignored. Or a folder of images, whose
      predictions have their file's name as "file". Or a file that the run's own
      reader of evaluation reads, such as TFRecords.
    output: where lines are written.
    experiment: the run's definition; None reads its config.gin.
    checkpoint: a step, a name such as "model.ckpt-500", or a path; None means the last.
    batch_size: rows at a time; changes no prediction.
    keep: columns of the rows that are carried to the predictions, such as an id.

  Raises:
    UserError: there is no run, or a row lacks a feature or holds another type; with its
      line.
  """
  count = 0
  for row in _predict(
    model_dir, input_path, experiment, checkpoint, batch_size, keep
  ):
    output.write(json.dumps(results.plain(row), ensure_ascii=False) + "\n")
    count += 1
  return count


def _predict(
  model_dir: str | os.PathLike[str],
  rows: prediction_rows.Source,
  experiment: Experiment | None,
  checkpoint: str | None,
  batch_size: int,
  keep: Sequence[str],
) -> Iterator[dict[str, np.ndarray]]:
  """Yields the predictions of each row by name."""
  workdir, manifest, experiment = open_with_experiment(model_dir, experiment)
  specs = read_specs(manifest)
  batches = prediction_rows.read(
    rows,
    specs,
    reader=experiment.eval_input,
    keep=keep,
    batch_size=batch_size,
  )
  run_estimator = make_estimator(experiment, model_dir)
  path = find_checkpoint(workdir, checkpoint)
  errors: list[UserError] = []
  kept: collections.deque[dict[str, Any]] = collections.deque()

  def read() -> Iterator[inputs.Batch]:
    # tf.data would change the type of an error, and add a traceback.
    try:
      for batch, carried in batches:
        rows_in_batch = len(next(iter(batch.values())))
        kept.extend(
          {name: column[row] for name, column in carried.items()}
          for row in range(rows_in_batch)
        )
        yield batch
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
    yield kept.popleft() | {
      k: v
      for k, v in prediction_names(prediction).items()
      if k.rsplit("/", 1)[-1] not in _SAME_IN_ALL
    }
  if errors:
    raise errors[0]
