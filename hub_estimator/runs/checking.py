"""Finds everything that can fail before step 1, in all three modes."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub_estimator import (
  converting,
  exporting,
  features,
  heads,
  inputs,
  optimizers,
  schemas,
)
from hub_estimator.experiments import Experiment
from hub_estimator.model import ModelFn, acceleration, encoders, towers
from hub_estimator.modules import ModuleInfo, ModuleSource
from hub_estimator.runs import known_data, run_model, used_modules
from hub_estimator.runs.building import Builder, Built, reporting_graph_errors
from hub_estimator.runs.image_checks import Images
from hub_estimator.tensorflow_runtime import estimator
from hub_estimator.training import (
  Checked,
  EvaluationGraph,
  ProcessCache,
  TrainGraph,
)

_MODES = estimator.ModeKeys


def check(
  experiment: Experiment,
  *,
  metrics: Sequence[tuple[str, str]] = (),
  cache: ProcessCache | None = None,
  before: schemas.Schema | None = None,
) -> Checked:
  """Reads the data and one batch, and builds the graphs of all three modes.

  Args:
    experiment: the run's definition.
    metrics: (gin's name, metric) of further metrics that evaluation must give.
    cache: of this process's earlier checks; equal parts are not checked again.
    before: the schema of the run that is resumed; None of a new run.

  Raises:
    UserError: the handle, signature, output, a feature, dtype, shape or label doesn't
      fit; the message says what came, where, and what exists.
  """
  cache = ProcessCache() if cache is None else cache
  infos = run_model.checked_infos(experiment)
  _check_formats(experiment, encoders.sources(experiment), infos, cache)
  data = known_data.read(experiment, infos, cache, before)
  experiment = data.experiment
  function = run_model.make_function(experiment, infos)
  specs = run_model.served_specs(experiment, infos, data.train)
  images = Images.of(experiment, infos, specs)
  for source, examples in (
    (experiment.train_input, data.train),
    (experiment.eval_input, data.evaluation),
  ):
    check_examples = functools.partial(images.check_examples, examples)
    cache.get(("images", source, specs, images.stated), check_examples)
  schema = known_data.make_schema(data, infos, specs)
  max_lengths = run_model.max_lengths(experiment, infos, specs)
  report = known_data.make_report(data, schema, cache, max_lengths=max_lengths)
  checks = _GraphChecks(experiment, infos, specs, data, schema, report, cache)
  return checks.run(Builder(function, experiment.seed), function, metrics)


def _check_formats(
  experiment: Experiment,
  sources: Mapping[str, ModuleSource],
  infos: Mapping[str, ModuleInfo],
  cache: ProcessCache,
) -> None:
  """Raises a UserError if a module can't be exported as the run asks for."""
  if "tf2" in experiment.exports.formats:
    for name, source in sources.items():
      if source.export_name is not None:
        plan = functools.partial(converting.tf2.make_plan, infos[name], source)
        cache.get(("tf2", infos[name].fingerprint, source), plan)


def check_devices(experiment: Experiment) -> None:
  """Raises a UserError if this machine lacks devices, or would lose by a switch.

  Args:
    experiment: the run's definition.
  """
  towers.check(experiment.towers)
  acceleration.check(
    mixed_precision=experiment.mixed_precision, xla=experiment.xla
  )


@dataclasses.dataclass(frozen=True)
class _GraphChecks:
  """Builds the graphs of a run, those that were not built before.

  A module's graph of inference is built once: for kept outputs, or for prediction. The
  graphs of training and of evaluation have a module only if its outputs are not kept,
  and the run then uses these graphs.
  """

  experiment: Experiment
  infos: Mapping[str, ModuleInfo]
  specs: Mapping[str, inputs.FeatureSpec]
  data: known_data.KnownData
  schema: schemas.Schema
  report: schemas.DataReport
  cache: ProcessCache

  def run(
    self,
    builder: Builder,
    function: ModelFn,
    metrics: Sequence[tuple[str, str]],
  ) -> Checked:
    outputs, unkept = self._keep_outputs()
    kept = None if outputs is None else outputs.widths
    serving = self._build_serving(builder, kept)
    training, graph = self._build_training(builder, kept)
    evaluation, graph_of_evaluation = self._build_evaluation(
      builder, outputs, metrics
    )
    used = used_modules.combine(
      encoders.sources(self.experiment), self.infos, serving, training
    )
    _check_formats(self.experiment, used.sources, used.infos, self.cache)
    used_modules.check_same_variables(
      used, training, {"prediction": serving, "evaluation": evaluation}
    )
    return Checked(
      experiment=self.experiment,
      schema=self.schema,
      report=self.report,
      sources=used.sources,
      infos=used.infos,
      train=self.data.train,
      eval=self.data.evaluation,
      specs=self.specs,
      model_fn=function,
      variables={
        **{
          name: shape
          for name, shape in training.variables.items()
          # An optimizer's own may be among those of a user's graph.
          if name in serving.variables or name in evaluation.variables
        },
        **used.variables(),
      },
      train_tags=used.train_tags,
      tokenizers=run_model.chosen_tokenizers(
        self.experiment, self.infos, self.specs
      ),
      outputs=outputs,
      unkept=unkept,
      graph=graph if kept is None else None,
      evaluation=graph_of_evaluation,
    )

  def _build_serving(
    self, builder: Builder, kept: Sequence[int] | None
  ) -> Built:
    passed = tuple(self.experiment.exports.pass_through)
    return self._once(
      _MODES.PREDICT,
      {"kept": kept, "passed": passed},
      lambda: builder.build_serving(
        run_model.make_serving_input_fn(
          self.experiment,
          self.infos,
          self.specs,
          others={
            name: spec
            for name, spec in self.data.train.specs().items()
            if name in self.schema.unused
          },
        ),
        kept=kept,
        passed=passed,
      ),
    )

  def _build_training(
    self, builder: Builder, kept: Sequence[int] | None
  ) -> tuple[Built, TrainGraph | None]:
    """Returns the graph only if it was built now: another run may train in it."""
    experiment = self.experiment
    graphs = []

    def build() -> Built:
      built, graph = builder.build_training(
        inputs.make_train_input_fn(
          self.data.train,
          batch_size=experiment.batch_size,
          seed=experiment.seed,
        ),
        kept=kept,
      )
      graphs.append(graph)
      return built

    parts = {
      "optimizer": optimizers.without_rate(experiment.optimizer),
      "towers": experiment.towers,
      "input": experiment.train_input,
      "kept": kept,
    }
    built = self._once(_MODES.TRAIN, parts, build)
    return built, graphs[0] if graphs else None

  def _build_evaluation(
    self,
    builder: Builder,
    outputs: features.Outputs | None,
    metrics: Sequence[tuple[str, str]],
  ) -> tuple[Built, EvaluationGraph | None]:
    """Returns the graph only if it was built now: the run evaluates in it."""
    experiment = self.experiment
    examples = self.data.evaluation
    if outputs is not None:
      _, examples = outputs.promised()
    named = [*_named_metrics(experiment), *metrics]
    graphs = []

    def build() -> Built:
      built, graph = builder.build_evaluation(
        inputs.make_eval_input_fn(
          examples, batch_size=experiment.eval_batch_size
        ),
        metrics=named,
      )
      graphs.append(graph)
      return built

    parts = {
      "metrics": (experiment.metrics, named),
      "input": experiment.eval_input,
      "kept": outputs is not None,
    }
    built = self._once(_MODES.EVAL, parts, build)
    return built, graphs[0] if graphs else None

  def _once(
    self, mode: str, parts: Mapping[str, Any], build: Callable[[], Any]
  ) -> Any:
    """Builds a graph unless one that differs in numbers alone was built before."""
    model = (
      self._fingerprints(),
      self.specs,
      self.experiment.model,
      self.experiment.encoder,
      self.experiment.top,
      self.experiment.head,
      self.experiment.fine_tuning,
    )
    return self.cache.get((mode, model, parts), build)

  def _keep_outputs(self) -> tuple[features.Outputs | None, str | None]:
    """Returns (the modules' outputs to keep, None), or (None, why not)."""
    experiment = self.experiment
    weights = heads.weight_columns(experiment.head)

    def make() -> tuple[features.Outputs | None, str | None]:
      is_read = "cache_features" in experiment.model.reads
      if not (is_read and experiment.cache_features):
        return None, None
      if heads.reads_tokens(experiment.head):
        return None, "the head reads a vector for each token"
      try:
        with reporting_graph_errors(_MODES.PREDICT):
          outputs = features.Outputs(
            [self.data.train, self.data.evaluation],
            experiment.encoder,
            self.infos,
            unseen=weights,
          )
      except features.NotKept as reason:
        return None, str(reason)
      return outputs, None

    parts = (
      experiment.cache_features,
      experiment.model,
      self._fingerprints(),
      experiment.encoder,
      weights,
      experiment.train_input,
      experiment.eval_input,
      self.data.train.classes,
    )
    return self.cache.get(("outputs", parts), make)

  def _fingerprints(self) -> dict[str, str | None]:
    return {name: info.fingerprint for name, info in self.infos.items()}


def _named_metrics(experiment: Experiment) -> list[tuple[str, str]]:
  """Returns (gin's name, metric) of each metric that the run depends on."""
  named = []
  if experiment.early_stopping is not None:
    named.append(("early_stopping.metric", experiment.early_stopping.metric))
  if "best" in experiment.exports.kinds:
    named.append(("exports.best_metric", experiment.exports.best_metric))
  named += [
    (f"exporters.best_model.metric of {one.name!r}", one.metric)
    for one in experiment.exporters
    if isinstance(one, exporting.exporters.BestModel)
  ]
  return named
