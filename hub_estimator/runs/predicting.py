"""Predictions of a run for the rows of a file or the images of a folder."""

import json
from typing import TextIO

from hub_estimator.errors import UserError
from hub_estimator.inputs import open_stream
from hub_estimator.model import model_fn
from hub_estimator.model_dir import open_run, results
from hub_estimator.runs import experiment as experiments
from hub_estimator.tensorflow_runtime import tf

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
    input_path: ends in .csv, .jsonl or .npz, and holds the run's features by
      name; other columns, labels too, are left alone. Or a folder of images.
    output: where lines are written.
    checkpoint: None means the last.
    batch_size: rows at a time; changes no prediction.

  Raises:
    UserError: there is no run, or a row lacks a feature or holds another type;
      with its line.
  """
  workdir, manifest = open_run(model_dir)
  specs = experiments.read_specs(manifest)
  stream = open_stream(input_path, "predict")
  made = experiments.make_estimator(experiment, model_dir)
  checkpoint = experiments.find_checkpoint(workdir, checkpoint)
  errors = []

  def batches():
    # An error inside of tf.data would lose its type and gain a traceback.
    try:
      yield from stream.batches(specs, batch_size)
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
  return count
