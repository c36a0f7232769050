"""Runs that several tests read: each is trained once a session."""

import dataclasses
import pathlib
import shutil

from hub_estimator import runs
from hub_estimator.experiments import Experiment
from hub_estimator.model_dir import Result
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import tree_digest


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
    self._digests: dict[str, str] = {}

  def read_only(self, experiment: Experiment) -> TrainedRun:
    """Returns the run of an experiment. Other tests read it: change nothing."""
    key = repr(experiment)
    if key not in self._made:
      model_dir = self._directory / str(len(self._made))
      result = runs.train(experiment, str(model_dir))
      # TensorFlow keeps event files open: what is left is written now.
      tf.summary.FileWriterCache.clear()
      self._made[key] = TrainedRun(experiment, model_dir, result)
      self._digests[key] = tree_digest(model_dir)
    return self._made[key]

  def copy(self, experiment: Experiment, model_dir: pathlib.Path) -> TrainedRun:
    """Returns a copy of the run of an experiment, for a test that changes it."""
    run = self.read_only(experiment)
    shutil.copytree(run.model_dir, model_dir, dirs_exist_ok=True)
    return dataclasses.replace(run, model_dir=model_dir)

  def check_unchanged(self) -> None:
    """Fails if a test has changed a run that others read."""
    for key, run in self._made.items():
      assert tree_digest(run.model_dir) == self._digests[key], run
