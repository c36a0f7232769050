"""Evaluates a run's checkpoint."""

import os
from collections.abc import Mapping

from hub_estimator import inputs
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.model_dir import results
from hub_estimator.runs import run_model
from hub_estimator.runs.estimators import (
  find_checkpoint,
  make_run_estimator,
  make_run_model,
  read_specs,
)
from hub_estimator.runs.run import open_with_experiment
from hub_estimator.runs.sequences import fit_examples, open_specs


def evaluate(
  model_dir: str | os.PathLike[str],
  *,
  experiment: Experiment | None = None,
  checkpoint: str | None = None,
) -> dict[str, float]:
  """Returns the metrics of a run's checkpoint on `experiment.eval_input`.

  Args:
    model_dir: of the run.
    experiment: the run's definition, perhaps with another `eval_input`; None reads the
      run's config.gin.
    checkpoint: a step, a name such as "model.ckpt-500", or a path; None means the last.

  Returns:
    Metrics by name, and "global_step".

  Raises:
    UserError: there is no run or no checkpoint, or the data doesn't fit.
  """
  workdir, manifest, experiment = open_with_experiment(model_dir, experiment)
  function = make_run_model(experiment, workdir, manifest)
  examples = _read(experiment, read_specs(manifest))
  experiment.head.check_labels(examples.known_labels())
  evaluated = make_run_estimator(experiment, workdir, function).evaluate(
    inputs.make_eval_input_fn(examples, batch_size=experiment.eval_batch_size),
    checkpoint_path=find_checkpoint(workdir, checkpoint),
    name="command",
  )
  return results.plain(results.without_pictures(evaluated))


def _read(
  experiment: Experiment, trained: Mapping[str, inputs.FeatureSpec]
) -> inputs.Examples:
  """Returns the examples of evaluation, of the types that a run was trained on."""
  infos = run_model.read_infos(experiment)
  (examples,) = fit_examples(experiment, infos, [experiment.eval_input.read()])
  specs = run_model.served_specs(experiment, examples)
  if specs != trained and open_specs(experiment, infos, specs) != open_specs(
    experiment, infos, trained
  ):
    raise UserError(
      f"{examples.source} has features {_show(specs)}; the run was trained on "
      f"{_show(trained)}."
    )
  return examples


def _show(specs: Mapping[str, inputs.FeatureSpec]) -> dict[str, str]:
  return {name: str(spec) for name, spec in specs.items()}
