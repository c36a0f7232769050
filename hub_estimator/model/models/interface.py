"""The contract of a model: what builds the graph of a run.

A model of yours is any object with the methods of `Model`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

from hub_estimator import heads, inputs, optimizers
from hub_estimator.model.application import Application
from hub_estimator.model.interface import Encoder, Metric, Top
from hub_estimator.modules import ModuleInfo
from hub_estimator.tensorflow_runtime import estimator

ModelFn: TypeAlias = "Callable[..., estimator.EstimatorSpec]"


class Parts(Protocol):
  """The parts of a run that are there for its model; an `Experiment` has them."""

  @property
  def encoder(self) -> Encoder: ...
  @property
  def top(self) -> Top: ...
  @property
  def head(self) -> heads.Head: ...
  @property
  def optimizer(self) -> optimizers.Optimizer: ...
  @property
  def fine_tuning(self) -> optimizers.FineTuning: ...
  @property
  def metrics(self) -> Sequence[Metric]: ...
  @property
  def batch_size(self) -> int: ...
  @property
  def rate_for_batch_size(self) -> int | None: ...
  @property
  def towers(self) -> int: ...
  @property
  def max_steps(self) -> int: ...


class Model(Protocol):
  """Builds the graph of a run.

  Data, checkpoints, evaluation and exports are the run's. It finds the modules to
  export, and what verification compares them with, in the graph of prediction: see
  `graph_modules`.
  """

  @property
  def reads(self) -> frozenset[str]:
    """The fields of `Parts` that the model reads; a run may set no other."""

  def applications(self, parts: Parts) -> Sequence[Application]:
    """Returns the uses of modules that are known before the graph is built.

    Their handles, inputs and pictures are checked before data is read.

    Args:
      parts: of the run.
    """

  def features_read(
    self,
    parts: Parts,
    infos: Mapping[str, ModuleInfo],
    specs: Mapping[str, inputs.FeatureSpec],
  ) -> set[str]:
    """Returns the features that prediction reads, which serving is fed with.

    Args:
      parts: of the run.
      infos: of the applied modules, by `module.name`.
      specs: type of each feature of one example, by name.

    Raises:
      UserError: a feature that the model needs is missing.
    """

  def make_model_fn(
    self, parts: Parts, infos: Mapping[str, ModuleInfo]
  ) -> ModelFn:
    """Returns a function of (features, labels, mode, config), for Estimator.

    Args:
      parts: of the run.
      infos: of the applied modules, by `module.name`.
    """

  def identity(self, parts: Parts) -> Mapping[str, Any]:
    """Returns what can't change under a run's weights, by name, as JSON has it.

    Args:
      parts: of the run.
    """


def rate_scale(parts: Parts) -> float:
  """Returns the factor of the learning rate by the linear scaling rule."""
  wanted = parts.rate_for_batch_size
  return 1.0 if wanted is None else parts.batch_size / wanted
