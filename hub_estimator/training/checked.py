"""A run that has passed its check."""

import dataclasses
from collections.abc import Callable, Mapping

from hub_estimator import features, inputs, schemas
from hub_estimator.experiments import Experiment
from hub_estimator.modules import ModuleInfo, ModuleSource
from hub_estimator.tensorflow_runtime import estimator
from hub_estimator.training.evaluation_graph import EvaluationGraph
from hub_estimator.training.train_graph import TrainGraph


@dataclasses.dataclass(frozen=True, repr=False)
class Checked:
  """All that the check of a run has read and built.

  Attributes:
    experiment: the run's definition, its head with the classes of the data.
    schema: of the data.
    report: on the data.
    sources: how the modules are used, by `module.name`.
    infos: what the modules offer, by `module.name`.
    train: examples of training.
    eval: examples of evaluation.
    specs: type of each feature of one example that the model is served with.
    model_fn: for `tf.estimator.Estimator`.
    variables: shape by name of the model's variables in the graph of training, without
      those of the optimizer.
    train_tags: tags of the variant that is trained, by `module.name`.
    tokenizers: what `tokenizers.auto` stands for, by `module.name`.
    outputs: of frozen modules, if they are kept on disk.
    unkept: why they are not kept; None if they are, or if the run says not to.
    graph: of training; None if an equal one was built before, or if outputs are kept.
    evaluation: the graph of evaluation; None if an equal one was built before. It reads
      the outputs that are kept.
  """

  experiment: Experiment
  schema: schemas.Schema
  report: schemas.DataReport
  sources: Mapping[str, ModuleSource]
  infos: Mapping[str, ModuleInfo]
  train: inputs.Examples
  eval: inputs.Examples
  specs: Mapping[str, inputs.FeatureSpec]
  model_fn: Callable[..., estimator.EstimatorSpec]
  variables: Mapping[str, tuple[int, ...]]
  train_tags: Mapping[str, frozenset[str]]
  tokenizers: Mapping[str, str] = dataclasses.field(default_factory=dict)
  outputs: features.Outputs | None = None
  unkept: str | None = None
  graph: TrainGraph | None = None
  evaluation: EvaluationGraph | None = None

  def __repr__(self) -> str:
    modules = ", ".join(info.handle for info in self.infos.values())
    specs = ", ".join(f"{name} {spec}" for name, spec in self.specs.items())
    return (
      f"<Checked: {modules}; {specs}; {len(self.train)} training and "
      f"{len(self.eval)} evaluation examples; {len(self.variables)} variables>"
    )
