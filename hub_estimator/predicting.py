"""Predictions of a run for rows of a csv or jsonl file."""

import itertools
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any, TextIO

import numpy as np

from hub_estimator import experiment as experiments
from hub_estimator import model_fn, results
from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec, csv, interface, jsonl
from hub_estimator.tensorflow_runtime import tf
from hub_estimator.workdir import open_run

_READERS = {".csv": csv.read_rows, ".jsonl": jsonl.read_rows}
# The heads repeat the list of all classes in every prediction.
_SAME_IN_ALL = ("all_class_ids", "all_classes")


def predict(
  experiment: experiments.Experiment,
  model_dir: str,
  *,
  input_path: str,
  output: TextIO,
  checkpoint: str | None = None,
  batch_size: int = 256,
) -> int:
  """Writes one JSON line of predictions for each row, and returns their count.

  Rows are read, predicted and written in batches: a file of any size fits in
  memory.

  Args:
    experiment: as `train` had it.
    model_dir: of the run.
    input_path: ends in .csv or .jsonl, and holds the run's features by name;
      other columns, labels too, are left alone.
    output: where lines are written.
    checkpoint: None means the last.
    batch_size: rows at a time; changes no prediction.

  Raises:
    UserError: there is no run, or a row lacks a feature or holds another type;
      with its line.
  """
  workdir, manifest = open_run(model_dir)
  specs = experiments.read_specs(manifest)
  path = interface.open_path(input_path, "predict")
  suffix = os.path.splitext(path)[1].lower()
  if suffix not in _READERS:
    raise UserError(
      f"predict reads {' or '.join(_READERS)}, and got {input_path!r}."
    )
  made = experiments.make_estimator(experiment, model_dir)
  checkpoint = experiments.find_checkpoint(workdir, checkpoint)
  errors = []

  def batches():
    # An error inside of tf.data would lose its type and gain a traceback.
    try:
      yield from _batches(path, _READERS[suffix](path), specs, batch_size)
    except UserError as error:
      errors.append(error)

  def input_fn():
    return tf.data.Dataset.from_generator(
      batches,
      output_signature={
        name: tf.TensorSpec([None, *spec.shape], tf.as_dtype(spec.dtype))
        for name, spec in specs.items()
      },
    ).prefetch(1)

  count = 0
  for prediction in made.predict(input_fn, checkpoint_path=checkpoint):
    row = {
      k: v
      for k, v in model_fn.prediction_names(prediction).items()
      if k.rsplit("/", 1)[-1] not in _SAME_IN_ALL
    }
    output.write(json.dumps(results.plain(row), ensure_ascii=False) + "\n")
    count += 1
  if errors:
    raise errors[0]
  if not count:
    raise UserError(f"{path} has no rows.")
  return count


def _batches(
  path: str,
  rows: Iterator[tuple[int, Mapping[str, Any]]],
  specs: Mapping[str, FeatureSpec],
  batch_size: int,
) -> Iterator[dict[str, np.ndarray]]:
  while batch := list(itertools.islice(rows, batch_size)):
    yield {
      name: _column(path, name, spec, batch) for name, spec in specs.items()
    }


def _column(path, name, spec, batch) -> np.ndarray:
  values = [
    _value(f"{path}, line {line}", row, name, spec) for line, row in batch
  ]
  if spec.dtype == "string":
    flat = interface.strings(
      np.ravel(values).tolist() if spec.shape else values
    )
    return flat.reshape(len(values), *spec.shape)
  return np.stack(values)


def _value(where: str, row: Mapping[str, Any], name: str, spec: FeatureSpec):
  if name not in row:
    raise UserError(f"{where}: no {name!r}; it has: {', '.join(row)}.")
  value = row[name]
  if spec.dtype == "string":
    shape = np.shape(value)
    kinds = (
      {type(v) for v in np.ravel(value).tolist()} if shape else {type(value)}
    )
    if shape != spec.shape or not kinds <= {str}:
      raise UserError(
        f"{where}: {name!r} is {value!r}, and the run has {spec}."
      )
    return value
  try:
    array = np.asarray(value)
    if array.dtype.kind == "U":
      array = array.astype(np.float64)
    cast = array.astype(spec.dtype)
    fits = array.dtype.kind in "biuf" and (
      np.dtype(spec.dtype).kind == "f" or np.array_equal(cast, array)
    )
  except (ValueError, TypeError):
    fits = False
  if not fits or cast.shape != spec.shape:
    raise UserError(f"{where}: {name!r} is {value!r}, and the run has {spec}.")
  return cast
