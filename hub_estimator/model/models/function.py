"""A model_fn of the user's own."""

import dataclasses
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gin

from hub_estimator import inputs
from hub_estimator.errors import UserError, nearest
from hub_estimator.model.application import Application
from hub_estimator.model.model_variables import collect_model_variables
from hub_estimator.model.models import (
  finite_steps,
  found_modules,
  step_ops,
  user_functions,
)
from hub_estimator.model.models.features_seen import FeaturesSeen, placeholders
from hub_estimator.model.models.interface import ModelFn, Parts
from hub_estimator.model.predictions import serve_all
from hub_estimator.modules import ModuleInfo, drop_unfed_update_ops
from hub_estimator.tensorflow_runtime import estimator, hub_internals, tf

_log = logging.getLogger(__name__)


@gin.register("function", module="models")
@dataclasses.dataclass(frozen=True)
class Function:
  """A `model_fn(features, labels, mode, params, config)`, as Estimator calls it.

  Its modules are those that it registers with `hub.register_module_for_export`. It
  has its own loss, optimizer and metrics; everything else is the run's.

  Attributes:
    model_fn: a function of features, and of any of labels, mode, params and config.
      In gin, pass it uncalled: `@my_model_fn`.
    params: the model_fn's `params`.
    features: what exported models are fed with; None means the features that the
      model_fn reads in PREDICT mode.
  """

  model_fn: Callable[..., estimator.EstimatorSpec]
  params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
  features: Sequence[str] | None = None

  def __post_init__(self) -> None:
    if not isinstance(self.params, Mapping):
      raise UserError(
        f"models.function.params is {self.params!r}; it must be a dict."
      )
    if isinstance(self.features, str):
      raise UserError(
        f"models.function.features must be a list: write [{self.features!r}]."
      )
    needs = ["features", "params"] if self.params else ["features"]
    user_functions.check(self.model_fn, "models.function.model_fn", needs=needs)

  def __str__(self) -> str:
    name = user_functions.short_name(self.model_fn)
    return f"models.function.model_fn {name}"

  @property
  def reads(self) -> frozenset[str]:
    """No part of the run: the function has its own."""
    return frozenset()

  def applications(self, parts: Parts) -> Sequence[Application]:
    """Returns none: the graph shows which modules are applied, and to what."""
    del parts
    return ()

  def features_read(
    self,
    parts: Parts,
    infos: Mapping[str, ModuleInfo],
    specs: Mapping[str, inputs.FeatureSpec],
  ) -> set[str]:
    """Returns the features that the model_fn reads in PREDICT mode."""
    del parts, infos
    if self.features is not None:
      for name in self.features:
        if name not in specs:
          raise UserError(
            f"models.function.features names {name!r}; {nearest(name, specs)}"
          )
      return set(self.features)
    with tf.Graph().as_default():
      tf.train.create_global_step()
      seen = FeaturesSeen(placeholders(specs))
      try:
        self._call(seen, None, estimator.ModeKeys.PREDICT, None)
      except KeyError as error:
        (name,) = error.args or ("",)
        if name in seen or name not in seen.read:
          raise
        raise UserError(
          f"{self} reads the feature {name!r}; {nearest(str(name), specs)}"
        ) from error
    read = seen.read & set(specs)
    if not read:
      raise UserError(
        f"{self} reads no feature in PREDICT mode, so serving can't know what to "
        "feed; name it in models.function.features."
      )
    return read

  def make_model_fn(
    self, parts: Parts, infos: Mapping[str, ModuleInfo]
  ) -> ModelFn:
    """Returns the model_fn, with what a run needs beside it."""
    del parts, infos

    def model_fn(
      features: dict[str, tf.Tensor],
      labels: Any,
      mode: str,
      config: estimator.RunConfig | None = None,
    ) -> estimator.EstimatorSpec:
      with hub_internals.recorded_calls(
        after_call=drop_unfed_update_ops
      ) as calls:
        spec = self._call(features, labels, mode, config)
      found_modules.record(calls, mode=mode, where=str(self))
      collect_model_variables()
      if mode == estimator.ModeKeys.PREDICT:
        return serve_all(spec)
      if mode == estimator.ModeKeys.TRAIN:
        if not step_ops.moves_step(spec):
          raise UserError(
            f"{self}: its train_op doesn't change the global step, so training "
            "would never end; pass global_step=tf.train.get_global_step()."
          )
        drawn = step_ops.random_ops(spec)
        if drawn:
          _log.warning(
            "%s draws at random (%s): if the run is interrupted, it resumes with "
            "other draws. tf.random.stateless_uniform and its like, with the global "
            "step in their seed, resume to the same bits.",
            self,
            ", ".join(drawn),
          )
        return finite_steps.require_finite(spec)
      return spec

    return model_fn

  def identity(self, parts: Parts) -> dict[str, str]:
    """Returns the model_fn's name."""
    del parts
    return {"model": user_functions.full_name(self.model_fn)}

  def _call(
    self,
    features: Mapping[str, tf.Tensor],
    labels: Any,
    mode: str,
    config: estimator.RunConfig | None,
  ) -> estimator.EstimatorSpec:
    """Calls the model_fn with those arguments that it takes."""
    if config is None and user_functions.takes(self.model_fn, "config"):
      config = estimator.RunConfig()
    spec = user_functions.call(
      self.model_fn,
      {
        "features": features,
        "labels": labels,
        "mode": mode,
        "params": dict(self.params),
        "config": config,
      },
    )
    if not isinstance(spec, estimator.EstimatorSpec):
      raise UserError(
        f"{self} returned {type(spec).__name__}; it must return a "
        "tf.estimator.EstimatorSpec."
      )
    return spec
