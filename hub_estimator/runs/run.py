"""An existing run, read from its model_dir."""

import dataclasses
import os
from collections.abc import Mapping
from typing import Any

from hub_estimator import config
from hub_estimator.experiments import Experiment
from hub_estimator.model_dir import Workdir, open_run, results
from hub_estimator.runs import known_data
from hub_estimator.runs.python_config import check_readable
from hub_estimator.tensorflow_runtime import read_eval_metrics


@dataclasses.dataclass(frozen=True)
class Run:
  """A run in a model_dir.

  Attributes:
    model_dir: its absolute path.
    experiment: the run's definition, as config.gin holds it.
    manifest: modules, feature types, versions and seeds, as manifest.json holds them.
    result: as result.json holds it; None while the run isn't done.
  """

  model_dir: str
  experiment: Experiment
  manifest: Mapping[str, Any]
  result: results.Result | None

  def evaluations(self) -> dict[int, dict[str, float]]:
    """Returns the metrics of each evaluation by step."""
    found = read_eval_metrics(os.path.join(self.model_dir, "eval"))
    return {int(step): results.plain(found[step]) for step in found}

  def __repr__(self) -> str:
    handles = ", ".join(m["handle"] for m in self.manifest["modules"].values())
    state = (
      "not done"
      if self.result is None
      else f"{self.result.state} at step {self.result.steps}"
    )
    return f"<Run {self.model_dir}: {handles}; {state}>"


def read_run(model_dir: str | os.PathLike[str]) -> Run:
  """Returns an existing run.

  Its config is parsed by gin, which forgets the config before. Relative paths in it
  mean the current directory; `manifest["working_dir"]` is where the run was started.

  Args:
    model_dir: of the run.

  Raises:
    UserError: there is no run, or its config can't be parsed.
  """
  workdir, manifest = open_run(model_dir)
  check_readable(workdir.config.read_text(encoding="utf-8"), str(workdir.path))
  config.parse([str(workdir.config)])
  result = results.read(workdir.result) if workdir.result.exists() else None
  return Run(str(workdir.path), config.build("run"), manifest, result)


def open_with_experiment(
  model_dir: str | os.PathLike[str], experiment: Experiment | None
) -> tuple[Workdir, Mapping[str, Any], Experiment]:
  """Returns an existing run's files, its manifest and its definition.

  The head of the definition has the classes that the run was trained with.

  Args:
    model_dir: of the run.
    experiment: the run's definition; None reads its config.gin.

  Raises:
    UserError: there is no run, or its config can't be parsed.
  """
  workdir, manifest = open_run(model_dir)
  if experiment is None:
    experiment = read_run(model_dir).experiment
  return workdir, manifest, known_data.complete(experiment, workdir)
