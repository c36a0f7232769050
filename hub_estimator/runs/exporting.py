"""Exports a run's checkpoint."""

import dataclasses
import os
import time

from hub_estimator import exporting
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.model_dir import Version, checkpoints
from hub_estimator.runs.estimators import (
  export_context,
  find_checkpoint,
  make_run_estimator,
  make_run_model,
  read_specs,
)
from hub_estimator.runs.image_checks import Images
from hub_estimator.runs.run import open_with_experiment
from hub_estimator.tensorflow_runtime import read_eval_metrics


def export(
  model_dir: str | os.PathLike[str],
  *,
  experiment: Experiment | None = None,
  checkpoint: str | None = None,
  averaged: bool | None = None,
) -> Version:
  """Exports a run's checkpoint as a version under `export/latest`, and returns it.

  Args:
    model_dir: of the run.
    experiment: the run's definition; None reads its config.gin.
    checkpoint: a step, a name such as "model.ckpt-500", or a path; None means the last.
    averaged: whether to export averaged weights; None exports them if the run has them.

  Raises:
    UserError: there is no run or no checkpoint, the run has no averages, or another
      process works on it.
  """
  workdir, manifest, experiment = open_with_experiment(model_dir, experiment)
  path = find_checkpoint(workdir, checkpoint)
  has_averages = experiment.fine_tuning.average_decay is not None
  if averaged and not has_averages:
    raise UserError(
      f"{str(workdir.path)!r} has no averaged weights; "
      "fine_tuning.average_decay makes them."
    )
  if averaged is False and has_averages:
    raw = dataclasses.replace(experiment.fine_tuning, average_decay=None)
    experiment = dataclasses.replace(experiment, fine_tuning=raw)
  infos, function = make_run_model(experiment, workdir, manifest)
  images = Images.of(experiment, infos, read_specs(manifest))
  images.check_manifest(manifest, str(workdir.path))
  run_estimator = make_run_estimator(experiment, workdir, function)
  evaluations = read_eval_metrics(run_estimator.eval_dir())
  with workdir.lock():
    return exporting.export_version(
      run_estimator,
      workdir.export / "latest",
      context=export_context(experiment, workdir, manifest),
      checkpoint_path=path,
      metrics=evaluations.get(checkpoints.step_of(path), {}),
      number=int(time.time()),
    )
