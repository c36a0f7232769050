"""Evaluates a run's checkpoint."""

import os
from collections.abc import Mapping

from hub_estimator import heads, inputs, schemas
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.model_dir import results
from hub_estimator.modules import ModuleInfo
from hub_estimator.runs import known_data, run_model
from hub_estimator.runs.estimators import (
  find_checkpoint,
  make_run_estimator,
  make_run_model,
  read_specs,
)
from hub_estimator.runs.failures import (
  NO_PROBABILITIES,
  example_without_probabilities,
)
from hub_estimator.runs.image_checks import Images
from hub_estimator.runs.run import open_with_experiment
from hub_estimator.runs.sequences import fit_examples, open_specs
from hub_estimator.tensorflow_runtime import tf


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
  infos, function = make_run_model(experiment, workdir, manifest)
  examples = known_data.match(
    experiment.eval_input.read(), experiment, infos, workdir
  )
  (examples,) = fit_examples(experiment, infos, [examples])
  specs = run_model.served_specs(experiment, infos, examples)
  _check_types(experiment, infos, examples, specs, read_specs(manifest))
  images = Images.of(experiment, infos, specs)
  images.check_manifest(manifest, str(workdir.path))
  images.check_examples(examples)
  known_data.check_labels(experiment.head, examples)
  for name in heads.weight_columns(experiment.head):
    schemas.check_weights(examples, name)
  path = find_checkpoint(workdir, checkpoint)
  run_estimator = make_run_estimator(experiment, workdir, function)
  input_fn = inputs.make_eval_input_fn(
    examples, batch_size=experiment.eval_batch_size
  )
  try:
    evaluated = run_estimator.evaluate(
      input_fn,
      hooks=list(experiment.eval_hooks),
      checkpoint_path=path,
      name="command",
    )
  except tf.errors.InvalidArgumentError as error:
    bad = example_without_probabilities(error)
    if bad is None:
      raise
    raise UserError(
      f"{examples.source}, example {bad}: {NO_PROBABILITIES}."
    ) from error
  return results.plain(results.without_pictures(evaluated))


def _check_types(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  examples: inputs.Examples,
  specs: Mapping[str, inputs.FeatureSpec],
  trained: Mapping[str, inputs.FeatureSpec],
) -> None:
  """Raises a UserError if features aren't of the types that a run was trained on.

  Lists may have other lengths, if the module takes any.
  """
  known = {name: spec for name, spec in trained.items() if name in specs}
  if specs != known and open_specs(experiment, infos, specs) != open_specs(
    experiment, infos, known
  ):
    raise UserError(
      f"{examples.source} has features {_show(specs)}; the run was trained on "
      f"{_show(trained)}."
    )


def _show(specs: Mapping[str, inputs.FeatureSpec]) -> dict[str, str]:
  return {name: str(spec) for name, spec in specs.items()}
