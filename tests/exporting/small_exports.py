"""A small exported run, and what several tests do with its files."""

import dataclasses
import pathlib
import shutil
from collections.abc import Callable

from hub_estimator import model, runs
from hub_estimator.experiments import Experiment
from hub_estimator.exporting import live, serving, variables
from hub_estimator.model_dir import Version, Workdir, results, versions
from hub_estimator.tensorflow_runtime import tf


@dataclasses.dataclass(frozen=True)
class Run:
  """A finished run.

  Attributes:
    path: its model_dir.
    experiment: what it was trained with.
    result: of the training.
    kind: of its versions.
  """

  path: pathlib.Path
  experiment: Experiment
  result: results.Result
  kind: str = "latest"

  @property
  def latest(self) -> pathlib.Path:
    """The directory of all its versions."""
    return self.path / "export" / self.kind

  def half(self, half: str) -> pathlib.Path:
    """Returns the "model" or the "module" directory of the last version."""
    return self.path / self.result.exports[self.kind][half]


def copy_version(run: Run, tmp_path: pathlib.Path) -> Version:
  """Returns a copy of a run's last version, free to be damaged."""
  base = tmp_path / "latest"
  shutil.copytree(run.latest, base)
  return versions.find(base, versions.numbers(base)[-1])


def read_examples(run: Run) -> list[bytes]:
  """Returns the examples that exports of a run are verified with."""
  return list(tf.io.tf_record_iterator(str(Workdir.at(run.path).examples)))


def read_live_graph(run: Run, checkpoint: str | None = None) -> live.LiveGraph:
  """Returns what a new graph of a run computes, with any checkpoint's weights."""
  workdir = Workdir.at(run.path)
  specs = runs.read_specs(workdir.read_manifest())
  estimator = runs.make_estimator(run.experiment, str(run.path))
  with tf.Graph().as_default(), tf.Session() as session:
    tf.train.create_global_step()
    receiver = serving.make_serving_input_fn(specs)()
    spec = estimator.model_fn(
      features=receiver.features,
      labels=None,
      mode="infer",
      config=estimator.config,
    )
    tf.train.Saver().restore(session, runs.find_checkpoint(workdir, checkpoint))
    return live.read_live(
      session,
      receiver,
      model.prediction_names(spec.predictions),
      read_examples(run),
    )


def replace_variables(directory: pathlib.Path, change: Callable) -> None:
  """Changes the variables of an exported module, a dict by name, in place."""
  prefix = variables.variables_prefix(directory)
  tensors = variables.read_tensors(prefix)
  change(tensors)
  variables.write_tensors(prefix, tensors)
