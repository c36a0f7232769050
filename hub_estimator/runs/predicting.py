"""Predicts for the rows of a file, the images of a folder, or arrays."""

import collections
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

import numpy as np

from hub_estimator import heads, inputs
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.model import prediction_names
from hub_estimator.model_dir import results
from hub_estimator.runs import prediction_rows, predictions, run_model
from hub_estimator.runs.estimators import (
  find_checkpoint,
  make_estimator,
  read_specs,
)
from hub_estimator.runs.image_checks import Images
from hub_estimator.runs.run import open_with_experiment
from hub_estimator.runs.sequences import open_specs
from hub_estimator.tensorflow_runtime import op_errors, tf

# Heads repeat the list of all classes in each prediction.
_SAME_IN_ALL = ("all_class_ids", "all_classes")
# Batches between the reader and the model, with room to spare.
_RECENT = 8
_Row = dict[str, Any]
_Prediction = Mapping[str | tuple[str, str], np.ndarray]


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

  For a folder of images, the array "file" names them.

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
    input_path: ends in .csv, .tsv, .jsonl, .npz, .parquet or .arrow, and holds the
      run's features by name; other columns, such as labels, are ignored. If the run
      was evaluated or trained on csv, jsonl or Parquet, the options of its reader
      hold here. Or a folder of images, whose names become "file" in each object. Or a file that the run's own
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
) -> Iterator[_Row]:
  """Yields the predictions of each row by name."""
  workdir, manifest, experiment = open_with_experiment(model_dir, experiment)
  infos = run_model.read_infos(experiment)
  specs = open_specs(experiment, infos, read_specs(manifest))
  images = Images.of(experiment, infos, specs)
  images.check_manifest(manifest, str(workdir.path))
  opened = prediction_rows.open_rows(
    rows,
    images,
    readers=(experiment.eval_input, experiment.train_input),
    keep=keep,
    batch_size=batch_size,
  )
  source = _Source(opened, images)
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
    _require_numbers(named, opened.name, row)
    named = {
      k: v for k, v in named.items() if k.rsplit("/", 1)[-1] not in _SAME_IN_ALL
    }
    if heads.labels_tokens(experiment.head):
      named = _without_padding(named)
    yield source.next_kept() | named
  source.raise_error()


def _without_padding(named: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
  """Returns predictions for the tokens of a row, without those of padding."""
  length = int(named[heads.LENGTH])
  return {k: v[:length] for k, v in named.items() if k != heads.LENGTH}


def _require_numbers(
  prediction: Mapping[str, np.ndarray], source: str, number: int
) -> None:
  """Raises a UserError if a row has NaN as a prediction, and so no class.

  Args:
    prediction: of one row, by name.
    source: of the rows, for messages.
    number: of the row, from 0.
  """
  for name, value in prediction.items():
    if value.dtype.kind == "f" and np.isnan(value).any():
      raise UserError(
        f"Row {number + 1} of {source}: the prediction {name!r} is "
        f"{value.tolist()}; look for NaN or huge numbers in its features."
      )


class _Source:
  """Rows on their way to the model, and the errors in reading them."""

  def __init__(self, opened: prediction_rows.Opened, images: Images) -> None:
    self._opened = opened
    self._images = images
    self._errors: list[UserError] = []
    self._read_rows = 0
    # (rows before it, batch): the last ones, of which the dataset may hold some.
    self._recent = collections.deque[tuple[int, inputs.Batch]](maxlen=_RECENT)
    # Columns that are carried along, of each row that waits for its prediction.
    self._kept = collections.deque[_Row]()

  def read(self) -> Iterator[inputs.Batch]:
    """Yields features [batch, ...] by name; keeps an error for `raise_error`."""
    name = "The rows" if self._opened.source is None else self._opened.name
    # tf.data would change the type of an error, and add a traceback.
    try:
      for batch in self._images.checked(self._features(), name):
        self._recent.append((self._read_rows, batch))
        self._read_rows += _length(batch)
        yield batch
    except UserError as error:
      self._errors.append(error)

  def next_kept(self) -> _Row:
    """Returns the kept columns of the next row."""
    return self._kept.popleft()

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
        self._images.name_damage(self._opened.source, batch, done)
      raise UserError(
        f"The model fails on {self._opened.name}: {op_errors.essence(error)}"
      ) from error

  def _features(self) -> Iterator[inputs.Batch]:
    for batch, carried in self._opened.batches:
      self._kept.extend(
        {name: column[row] for name, column in carried.items()}
        for row in range(_length(batch))
      )
      yield batch


def _length(batch: inputs.Batch) -> int:
  return len(next(iter(batch.values())))
