"""A run's modules, its model_fn, and the features it is served with."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub_estimator import heads, inputs, modules
from hub_estimator.errors import UserError, nearest
from hub_estimator.experiments import Experiment
from hub_estimator.exporting import serving
from hub_estimator.model import Application, ModelFn, encoders, reading
from hub_estimator.modules import ModuleInfo, read_module_info
from hub_estimator.preprocessing import adapters, tokenizers
from hub_estimator.runs.building import reporting_graph_errors
from hub_estimator.tensorflow_runtime import estimator


def make_model(
  experiment: Experiment,
) -> tuple[dict[str, ModuleInfo], ModelFn]:
  """Returns the modules' infos by name and the model_fn; reads no data.

  Args:
    experiment: the run's definition.

  Raises:
    UserError: a module, its signature, output or variants don't fit.
  """
  infos = checked_infos(experiment)
  return infos, make_function(experiment, infos)


def checked_infos(experiment: Experiment) -> dict[str, ModuleInfo]:
  """Returns the modules' infos by `module.name`, once they were checked.

  Args:
    experiment: the run's definition.

  Raises:
    UserError: a module, its signature, output or variants don't fit.
  """
  infos = read_infos(experiment)
  for name, source in encoders.sources(experiment).items():
    infos[name].check_ops_registered()
    modules.check_variants_agree(infos[name], source)
  for application in experiment.applications():
    application.outputs_of(infos[application.module.name])
    _check_batch_size(experiment, application, infos[application.module.name])
  return infos


def _check_batch_size(
  experiment: Experiment, application: Application, info: ModuleInfo
) -> None:
  """Raises a UserError if a module is trained in batches that it doesn't take.

  A module that isn't trained is applied in batches of its own size.
  """
  source = application.module
  if not source.trainable:
    return
  tags = modules.choose_tags(info, source, estimator.ModeKeys.TRAIN)
  wanted = info.signature(source.signature, tags).batch_size
  given = experiment.batch_size // experiment.towers
  if wanted is not None and given != wanted:
    raise UserError(
      f"Module {info.handle!r}: its graph for training takes batches of {wanted} "
      f"rows alone, and run.batch_size gives {given} to each device; set it to "
      f"{wanted * experiment.towers}, or module.trainable = False."
    )


def make_function(
  experiment: Experiment, infos: Mapping[str, ModuleInfo]
) -> ModelFn:
  """Returns the model_fn of a run.

  Args:
    experiment: the run's definition; its head has its classes.
    infos: of its modules, by `module.name`.
  """
  return experiment.model.make_model_fn(experiment, infos)


def read_infos(experiment: Experiment) -> dict[str, ModuleInfo]:
  """Returns what a run's modules offer, by `module.name`."""
  return {
    name: read_module_info(source.handle)
    for name, source in encoders.sources(experiment).items()
  }


def served_specs(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  examples: inputs.Examples,
) -> dict[str, inputs.FeatureSpec]:
  """Returns the types of the features that the model reads.

  Args:
    experiment: the run's definition.
    infos: of its modules, by `module.name`.
    examples: of training or evaluation.

  Raises:
    UserError: the examples lack the weights that the head names, or a feature that
      a module's input needs.
  """
  specs = examples.specs()
  weights = heads.weight_columns(experiment.head)
  for name in weights:
    if name not in specs:
      raise UserError(
        f"The head's weight_column {name!r} isn't a feature of "
        f"{examples.source}; {nearest(name, specs)}"
      )
  specs = {name: spec for name, spec in specs.items() if name not in weights}
  with reporting_graph_errors(estimator.ModeKeys.PREDICT):
    used = experiment.model.features_read(experiment, infos, specs)
  return {name: spec for name, spec in specs.items() if name in used}


def make_serving_input_fn(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  specs: Mapping[str, inputs.FeatureSpec],
  *,
  others: Mapping[str, inputs.FeatureSpec],
) -> Callable[[], estimator.export.ServingInputReceiver]:
  """Returns the serving_input_receiver_fn of a run.

  Args:
    experiment: the run's definition.
    infos: of its modules, by `module.name`.
    specs: type of each feature of one example, by name.
    others: likewise, of the columns that nothing reads; those that
      `exports.pass_through` names are taken.

  Raises:
    UserError: `exports.pass_through` names another column, or one of lists.
  """
  known, passed = {**others, **specs}, {}
  for name in experiment.exports.pass_through:
    found = known.get(name)
    if found is None or found.shape:
      problem = (
        "has several values an example" if found else "isn't in the data"
      )
      raise UserError(
        f"exports.pass_through names {name!r}, which {problem}; "
        + nearest(name, known)
      )
    passed[name] = found
  return serving.make_serving_input_fn(
    specs, image_sizes=image_sizes(experiment, infos, specs), passed=passed
  )


def pictures(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  specs: Mapping[str, inputs.FeatureSpec],
) -> dict[str, dict[str, Any]]:
  """Returns how modules see the features that are images: size and pixel range.

  Args:
    experiment: the run's definition.
    infos: of its modules, by `module.name`.
    specs: type of each feature of one example, by name.
  """
  ranges: dict[str, Any] = {}
  for application, signature, seen in _readings(experiment, infos, specs):
    for name in adapters.match_features(
      application.adapter, signature, seen
    ).values():
      ranges[name] = list(application.adapter.image_range)
  return {
    name: {"height": size[0], "width": size[1], "scaled_to": ranges[name]}
    for name, size in image_sizes(experiment, infos, specs).items()
  }


def max_lengths(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  specs: Mapping[str, inputs.FeatureSpec],
) -> dict[str, int]:
  """Returns the tokens that texts are cut to, by feature, where that is known.

  Args:
    experiment: the run's definition.
    infos: of its modules, by `module.name`.
    specs: type of each feature of one example, by name.
  """
  found = {}
  for application, _, _ in _readings(experiment, infos, specs):
    tokenizer = application.adapter.tokenizer
    if isinstance(tokenizer, tokenizers.KNOWN):
      for name in tokenizer.strings(application.select(specs)):
        found[name] = tokenizer.max_length
  return found


def chosen_tokenizers(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  specs: Mapping[str, inputs.FeatureSpec],
) -> dict[str, str]:
  """Returns what `tokenizers.auto` stands for, by `module.name`.

  Args:
    experiment: the run's definition.
    infos: of its modules, by `module.name`.
    specs: type of each feature of one example, by name.
  """
  chosen = {}
  for application, _, _ in _readings(experiment, infos, specs):
    tokenizer = application.adapter.tokenizer
    if isinstance(tokenizer, tokenizers.Auto):
      info = infos[application.module.name]
      chosen[application.module.name] = tokenizer.describe(info)
  return chosen


def image_sizes(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  specs: Mapping[str, inputs.FeatureSpec],
) -> dict[str, tuple[int, int]]:
  """Returns (height, width) of the features that modules see as images.

  Args:
    experiment: the run's definition.
    infos: of its modules, by `module.name`.
    specs: type of each feature of one example, by name.
  """
  sizes: dict[str, tuple[int, int]] = {}
  for application, signature, seen in _readings(experiment, infos, specs):
    sizes |= adapters.image_sizes(
      application.adapter,
      signature,
      seen,
      image_size=infos[application.module.name].image_size,
    )
  return {name: size for name, size in sizes.items() if name in specs}


def image_features(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  specs: Mapping[str, inputs.FeatureSpec],
) -> dict[str, tuple[float, float] | None]:
  """Returns the stated range of pixels, or None, by feature that a module sees as images.

  Args:
    experiment: the run's definition.
    infos: of its modules, by `module.name`.
    specs: type of each feature of one example, by name.
  """
  found: dict[str, tuple[float, float] | None] = {}
  for application, signature, seen in _readings(experiment, infos, specs):
    for name in adapters.image_features(
      application.adapter,
      signature,
      seen,
      image_size=infos[application.module.name].image_size,
    ):
      if name in specs:  # Not one of a tokenizer's.
        found[name] = application.adapter.pixel_range or found.get(name)
  return found


def _readings(
  experiment: Experiment,
  infos: Mapping[str, ModuleInfo],
  specs: Mapping[str, inputs.FeatureSpec],
) -> Iterator[reading.Reading]:
  return reading.readings(experiment.applications(), infos, specs)
