"""The Estimator of a run, its checkpoints, and the context of its exports."""

import os
from collections.abc import Mapping
from typing import Any

from hub_estimator import cluster, exporting, inputs
from hub_estimator.errors import UserError, nearest
from hub_estimator.experiments import Experiment
from hub_estimator.model import EXAMPLES_LOSS, ModelFn, towers
from hub_estimator.model_dir import Workdir, checkpoints, open_run, read_json
from hub_estimator.modules import ModuleInfo
from hub_estimator.runs import known_data, run_model
from hub_estimator.runs.identity import check_same_pooling
from hub_estimator.tensorflow_runtime import (
  estimator,
  estimator_internals,
  tf,
)


def make_estimator(
  experiment: Experiment, model_dir: str | os.PathLike[str]
) -> estimator.Estimator:
  """Returns the Estimator of an existing run.

  Args:
    experiment: as `train` was given it.
    model_dir: of the run.

  Raises:
    UserError: there is no run.
  """
  workdir, manifest = open_run(model_dir)
  experiment = known_data.complete(experiment, workdir)
  _, function = make_run_model(experiment, workdir, manifest)
  return make_run_estimator(experiment, workdir, function)


def make_run_model(
  experiment: Experiment, workdir: Workdir, manifest: Mapping[str, Any]
) -> tuple[dict[str, ModuleInfo], ModelFn]:
  """Returns the infos of an existing run's modules by name, and its model_fn.

  Args:
    experiment: as `train` was given it.
    workdir: of the run.
    manifest: of the run.

  Raises:
    UserError: a module doesn't fit, or the run pooled its outputs otherwise.
  """
  infos, function = run_model.make_model(experiment)
  check_same_pooling(workdir, manifest, experiment, infos)
  return infos, function


def make_run_estimator(
  experiment: Experiment,
  workdir: Workdir,
  function: ModelFn,
  task: cluster.Task | None = None,
) -> estimator.Estimator:
  """Returns an Estimator for a model_fn.

  Args:
    experiment: the run's definition.
    workdir: of the run.
    function: the model_fn.
    task: this process's place in a cluster; None is a process of its own.
  """
  with cluster.environment(task):
    config = estimator.RunConfig(
      model_dir=str(workdir.path),
      tf_random_seed=experiment.seed,
      save_checkpoints_steps=experiment.eval_every_steps,
      save_summary_steps=None,  # By a hook of this package.
      log_step_count_steps=experiment.summary_every_steps,
      keep_checkpoint_max=experiment.keep_checkpoints,
    )
  if experiment.towers > 1:
    config = config.replace(
      session_config=towers.with_devices(
        config.session_config, experiment.towers
      )
    )
  made = estimator.Estimator(model_fn=function, config=config)
  estimator_internals.report_as_loss(made, EXAMPLES_LOSS)
  return made


def export_context(
  experiment: Experiment, workdir: Workdir, manifest: Mapping[str, Any]
) -> exporting.ExportContext:
  """Returns what every export of a run needs.

  Args:
    experiment: as `train` was given it.
    workdir: of the run.
    manifest: of the run.
  """
  infos = run_model.read_infos(experiment)
  examples = []
  if workdir.examples.exists():
    examples = list(tf.io.tf_record_iterator(str(workdir.examples)))
  return exporting.ExportContext(
    exports=experiment.exports,
    serving_input_fn=run_model.make_serving_input_fn(
      experiment,
      infos,
      read_specs(manifest),
      others=read_specs({"features": manifest.get("other_features", {})}),
    ),
    manifest={
      **manifest,
      "averaged": experiment.fine_tuning.average_decay is not None,
      "config": workdir.config.read_text(encoding="utf-8"),
    },
    examples=examples,
    schema=read_json(workdir.schema) if workdir.schema.exists() else None,
  )


def read_specs(manifest: Mapping[str, Any]) -> dict[str, inputs.FeatureSpec]:
  """Returns the types of the features that a run was trained on."""
  return {
    name: inputs.FeatureSpec(
      spec["dtype"], tuple(spec["shape"]), spec.get("sparse", False)
    )
    for name, spec in manifest["features"].items()
  }


def find_checkpoint(workdir: Workdir, checkpoint: str | None) -> str:
  """Returns the path of a checkpoint of a run.

  Args:
    workdir: of the run.
    checkpoint: a step, a name such as "model.ckpt-500", a path, or None for the last.

  Raises:
    UserError: the checkpoint doesn't exist, or is damaged.
  """
  state = tf.train.get_checkpoint_state(str(workdir.path))
  paths = [
    p
    for p in (state.all_model_checkpoint_paths if state else [])
    if tf.train.checkpoint_exists(p)
  ]
  if not paths:
    raise UserError(f"{workdir.path} has no checkpoint yet.")
  for path in paths[-1:] if checkpoint is None else paths:
    names = (None, path, os.path.basename(path), path.rsplit("-", 1)[-1])
    if checkpoint in names:
      damage = checkpoints.find_damage(path)
      if damage:
        others = ", ".join(os.path.basename(p) for p in paths if p != path)
        raise UserError(
          f"{path} is damaged: {damage}; there is also: {others or 'none'}."
        )
      return path
  wanted = str(checkpoint)
  if tf.train.checkpoint_exists(wanted):
    return wanted
  known = [os.path.basename(p) for p in paths]
  raise UserError(f"No checkpoint {checkpoint!r}; {nearest(wanted, known)}")
