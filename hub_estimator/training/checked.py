"""A run that was checked: what training needs to know of it."""

import dataclasses
from collections.abc import Callable, Mapping

from hub_estimator import features, inputs
from hub_estimator.modules import ModuleInfo
from hub_estimator.training import train_graph


@dataclasses.dataclass(frozen=True)
class Checked:
  """What a run is made of, once nothing about it can fail early.

  Attributes:
    infos: what the modules offer, by `module.name`.
    train: examples; None where only `specs` were given.
    eval: likewise.
    specs: type of each feature of one example that the model is served with.
    model_fn: for `tf.estimator.Estimator`.
    variables: shape by name of the training graph's model variables, those of
      the optimizer left out.
    train_tags: the variant that is trained, by `module.name`.
    outputs: of the modules, where they are kept.
    unkept: why they aren't, where nobody turned it off.
    graph: of training; None where another check had an equal one, or where outputs
      are kept.
  """

  infos: Mapping[str, ModuleInfo]
  train: inputs.Examples | None
  eval: inputs.Examples | None
  specs: Mapping[str, inputs.FeatureSpec]
  model_fn: Callable
  variables: Mapping[str, tuple[int, ...]]
  train_tags: Mapping[str, frozenset[str]]
  outputs: features.Outputs | None = None
  unkept: str | None = None
  graph: train_graph.TrainGraph | None = None
