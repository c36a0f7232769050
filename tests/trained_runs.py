"""Runs that several tests read: each is trained once a session."""

import dataclasses
import pathlib
import shutil

from hub_estimator import runs
from hub_estimator.experiments import Experiment
from hub_estimator.model_dir import Result
from hub_estimator.tensorflow_runtime import tf


@dataclasses.dataclass(frozen=True)
class TrainedRun:
  """A run that has ended.

  Attributes:
    experiment: its definition.
    model_dir: where it lies.
    result: what training returned.
  """

  experiment: Experiment
  model_dir: pathlib.Path
  result: Result


class TrainedRuns:
  """Trains each experiment once."""

  def __init__(self, directory: pathlib.Path):
    self._directory = directory
    self._made: dict[str, TrainedRun] = {}

  def read_only(self, experiment: Experiment) -> TrainedRun:
    """Returns the run of an experiment. Other tests read it: change nothing."""
    key = repr(experiment)
    if key not in self._made:
      model_dir = self._directory / str(len(self._made))
      result = runs.train(experiment, str(model_dir))
      self._made[key] = TrainedRun(experiment, model_dir, result)
    return self._made[key]

  def copy(self, experiment: Experiment, model_dir: pathlib.Path) -> TrainedRun:
    """Returns a copy of the run of an experiment, for a test that changes it."""
    run = self.read_only(experiment)
    # TensorFlow keeps event files open, and writes the rest of them here.
    tf.summary.FileWriterCache.clear()
    shutil.copytree(run.model_dir, model_dir, dirs_exist_ok=True)
    return dataclasses.replace(run, model_dir=model_dir)
