"""The data of a run, read and matched with what the run knows about it."""

import dataclasses
import functools
import logging
from collections.abc import Mapping

from hub_estimator import heads, inputs, modules, schemas
from hub_estimator.errors import UserError
from hub_estimator.experiments import Experiment
from hub_estimator.model_dir import Workdir
from hub_estimator.runs import run_model
from hub_estimator.runs.reading import (
  encode_labels,
  is_labelled,
  read_examples,
)
from hub_estimator.runs.sequences import (
  check_label_lengths,
  fit_examples,
  open_specs,
)
from hub_estimator.training import ProcessCache

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class KnownData:
  """Examples of a run whose classes are numbered as its head has them.

  Attributes:
    experiment: the run's definition, its head with the classes of the data.
    train: examples of training.
    evaluation: examples of evaluation.
  """

  experiment: Experiment
  train: inputs.Examples
  evaluation: inputs.Examples


def read(
  experiment: Experiment,
  infos: Mapping[str, modules.ModuleInfo],
  cache: ProcessCache,
  before: schemas.Schema | None = None,
) -> KnownData:
  """Returns the examples of training and evaluation, which agree.

  Args:
    experiment: the run's definition.
    infos: of its modules, by `module.name`.
    cache: of this process's earlier checks.
    before: the schema of the run that is resumed; None of a new run.

  Raises:
    UserError: the data can't be read, or differs from the head or from the schema.
  """
  labelled = heads.needs_labels(experiment.head)
  train = _read(experiment.train_input, "run.train_input", cache, labelled)
  evaluation = _read(experiment.eval_input, "run.eval_input", cache, labelled)
  if before is not None:
    _opened(before, experiment, infos, train).check(train)
  train, evaluation = fit_examples(experiment, infos, [train, evaluation])
  _check_agree(train, evaluation)
  # First, so that lists of labels don't become names of classes.
  train, evaluation = (
    encode_labels(experiment.head, part) for part in (train, evaluation)
  )
  try:
    head, train = schemas.name_classes(experiment.head, train, before)
  except UserError as error:
    raise UserError(f"{train.source}: {error}") from error
  if train.classes is not None:
    evaluation = inputs.renumber(evaluation, train.classes)
  for examples in (train, evaluation):
    check_label_lengths(experiment, infos, examples)
    check_labels(head, examples)
    for name in heads.weight_columns(head):
      schemas.check_weights(examples, name)
  return KnownData(
    dataclasses.replace(experiment, head=head), train, evaluation
  )


def make_schema(
  data: KnownData,
  infos: Mapping[str, modules.ModuleInfo],
  specs: Mapping[str, inputs.FeatureSpec],
) -> schemas.Schema:
  """Returns the schema of a run.

  Args:
    data: of the run.
    infos: of its modules, by `module.name`.
    specs: type of each feature that the model is served with.
  """
  experiment, train = data.experiment, data.train
  weights = heads.weight_columns(experiment.head)
  return schemas.make(
    experiment.head,
    train,
    data.evaluation,
    specs=specs,
    unused=set(train.features) - set(specs) - weights,
    readers_used={
      "train": experiment.train_input,
      "eval": experiment.eval_input,
    },
    pictures=run_model.pictures(experiment, infos, specs),
  )


def make_report(
  data: KnownData,
  schema: schemas.Schema,
  cache: ProcessCache,
  *,
  max_lengths: Mapping[str, int],
) -> schemas.DataReport:
  """Returns the report on the data of a run.

  Args:
    data: of the run.
    schema: of the data.
    cache: of this process's earlier checks; a report on equal data is kept.
    max_lengths: the tokens that texts are cut to, by feature.
  """
  experiment = data.experiment
  sources = (experiment.train_input, experiment.eval_input)
  report: schemas.DataReport = cache.get(
    ("report", sources, schema, max_lengths),
    lambda: schemas.make_report(
      data.train,
      data.evaluation,
      schema,
      train_input=experiment.train_input,
      same_input=sources[0] == sources[1],
      max_lengths=max_lengths,
    ),
  )
  return report


def complete(experiment: Experiment, workdir: Workdir) -> Experiment:
  """Returns the definition of an existing run, its head with the classes it has.

  Args:
    experiment: the run's definition.
    workdir: of the run.

  Raises:
    UserError: the head's vocabulary isn't the one that the run was trained with.
  """
  schema = schemas.read(workdir.schema)
  if schema is None:  # A run of an older version.
    return experiment
  head = schemas.with_classes_of(experiment.head, schema)
  return dataclasses.replace(experiment, head=head)


def match(
  examples: inputs.Examples,
  experiment: Experiment,
  infos: Mapping[str, modules.ModuleInfo],
  workdir: Workdir,
) -> inputs.Examples:
  """Returns examples read later, their classes numbered as the run has them.

  Args:
    examples: with labels.
    experiment: the run's definition.
    infos: of its modules, by `module.name`.
    workdir: of the run.

  Raises:
    UserError: a feature or a class isn't one of the run's, or there are no labels.
  """
  matched = _match(examples, experiment, infos, workdir)
  matched = encode_labels(experiment.head, matched)
  check_label_lengths(experiment, infos, matched)
  return matched


def _opened(
  schema: schemas.Schema,
  experiment: Experiment,
  infos: Mapping[str, modules.ModuleInfo],
  examples: inputs.Examples,
) -> schemas.Schema:
  """Returns a schema that takes lists of any length where the modules do."""
  specs = examples.specs()
  if not schema.features.keys() <= specs.keys():
    return schema  # It says what is missing.
  opened = open_specs(experiment, infos, specs)
  features = {
    name: dataclasses.replace(feature, shape=feature.spec.open().shape)
    if opened[name].is_ragged and feature.shape
    else feature
    for name, feature in schema.features.items()
  }
  return dataclasses.replace(schema, features=features)


def _match(
  examples: inputs.Examples,
  experiment: Experiment,
  infos: Mapping[str, modules.ModuleInfo],
  workdir: Workdir,
) -> inputs.Examples:
  schema = schemas.read(workdir.schema)
  if schema is not None:
    if schema.features.keys() <= examples.features.keys():
      examples = schema.without_other_columns(examples)
    for name, text in schemas.find_other_scales(schema, examples).items():
      _log.warning("%s: %r %s", examples.source, name, text)
    return _opened(schema, experiment, infos, examples).matched(examples)
  if examples.classes is None:
    return examples
  trained = _old_classes(experiment, examples)
  return examples if trained is None else inputs.renumber(examples, trained)


def _old_classes(
  experiment: Experiment, examples: inputs.Examples
) -> tuple[str, ...] | None:
  """Returns the classes of a run of an older version, which kept no schema.

  Its training data has the names. It is read only if nothing else says them.

  Args:
    experiment: the run's definition.
    examples: of `eval_input`, with names of classes.
  """
  vocabulary = heads.vocabulary_of(experiment.head)
  if vocabulary is not None:
    return tuple(vocabulary)
  if experiment.eval_input == experiment.train_input:
    return examples.classes
  return experiment.train_input.read().classes


def check_labels(head: heads.Head, examples: inputs.Examples) -> None:
  """Raises a UserError, with the source, if labels don't suit the head.

  Args:
    head: with the classes of the data.
    examples: of training or evaluation.
  """
  if not is_labelled(head, examples):
    return
  labels = examples.known_labels()
  if examples.classes is not None:
    head = heads.with_ids(head)
  try:
    head.check_labels(labels)
  except UserError as error:
    raise UserError(f"{examples.source}: {error}") from error


def _read(
  source: inputs.Input, name: str, cache: ProcessCache, labelled: bool
) -> inputs.Examples:
  make = functools.partial(read_examples, source, name, labelled=labelled)
  examples: inputs.Examples = cache.get(("read", name, source, labelled), make)
  return examples


def _check_agree(train: inputs.Examples, evaluation: inputs.Examples) -> None:
  if train.specs() != evaluation.specs():
    raise UserError(
      f"Training and evaluation data differ in their features: {train.source} "
      f"has {_show(train.specs())}; {evaluation.source} has "
      f"{_show(evaluation.specs())}."
    )
  if (train.labels is None) != (evaluation.labels is None):
    bare, other = (
      (train, evaluation) if train.labels is None else (evaluation, train)
    )
    raise UserError(
      f"{bare.source} has no labels, and {other.source} has; name their column, or "
      "read them in neither."
    )


def _show(specs: Mapping[str, inputs.FeatureSpec]) -> str:
  return ", ".join(f"{name}: {spec}" for name, spec in specs.items())
