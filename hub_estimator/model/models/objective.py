"""Modules that the run places, and a loss of the user's own."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gin

from hub_estimator import inputs, modules
from hub_estimator.errors import UserError
from hub_estimator.model import encoders, reading
from hub_estimator.model.application import Application
from hub_estimator.model.averaged_weights import restore_averages
from hub_estimator.model.evaluated_loss import EXAMPLES_LOSS, mean_by_size
from hub_estimator.model.graph_modules import (
  AppliedModule,
  add_applied,
  add_placed,
)
from hub_estimator.model.model_variables import collect_model_variables
from hub_estimator.model.models import user_functions
from hub_estimator.model.models.interface import ModelFn, Parts, rate_scale
from hub_estimator.model.predictions import serve_all
from hub_estimator.model.regularization import build_losses
from hub_estimator.model.training_step import build_training_step
from hub_estimator.modules import ModuleInfo, PlacedModule
from hub_estimator.tensorflow_runtime import estimator, tf

_Tensors = Mapping[str, tf.Tensor]
_ByModule = dict[str, Mapping[str, tf.Tensor]]


@gin.register("objective", module="models")
@dataclasses.dataclass(frozen=True)
class Objective:
  """Modules of the run's, and a function that makes a loss of their outputs.

  The run places the modules in the right variants, trains them with `run.optimizer` and
  `run.fine_tuning`, and adds their regularization and update ops. Labels are optional.

  Attributes:
    function: returns (loss, predictions, metrics): a scalar that is a mean over the
      examples, tensors by name, and (value, update op) by name as of `tf.metrics`. It
      takes any of these arguments: `outputs`, by the module's name in `modules` and
      then by the output's; `inputs`, what the modules were fed, likewise; `features`;
      `labels`, None in PREDICT mode; `mode`. Layers and regularization losses that it
      adds are trained beside the modules. In gin, pass it uncalled: `@my_function`.
    modules: each an `encoder`, a module with its adapter, by a name of yours. A module
      may read the outputs of another as features, "<name>/<output>", which its
      `adapter.inputs` names. A module may come twice, with other features.
  """

  function: Callable[..., Any]
  modules: Mapping[str, encoders.Encoder]

  def __post_init__(self) -> None:
    user_functions.check(
      self.function, "models.objective.function", needs=["outputs"]
    )
    if not isinstance(self.modules, Mapping) or not self.modules:
      raise UserError(
        f"models.objective.modules is {self.modules!r}; it must map names to "
        "modules: {'<name>': @encoder()}."
      )
    for name, one in self.modules.items():
      if not isinstance(one, encoders.Encoder):
        raise UserError(
          f"models.objective.modules has {one!r} as {name!r}; it must be "
          "@encoder(), called."
        )
    _in_order(self.modules)

  def __str__(self) -> str:
    name = user_functions.short_name(self.function)
    return f"models.objective.function {name}"

  @property
  def reads(self) -> frozenset[str]:
    """What trains the modules."""
    return frozenset({"optimizer", "fine_tuning", "rate_for_batch_size"})

  def applications(self, parts: Parts | None = None) -> Sequence[Application]:
    """Returns one for each module, those before it whose outputs it reads."""
    del parts
    read = _read(self.modules)
    return [
      Application(
        self.modules[name].module,
        self.modules[name].adapter,
        name=name,
        unseen=tuple(sorted(set(read) - read[name])),
      )
      for name in _in_order(self.modules)
    ]

  def features_read(
    self,
    parts: Parts,
    infos: Mapping[str, ModuleInfo],
    specs: Mapping[str, inputs.FeatureSpec],
  ) -> set[str]:
    """Returns the features that the modules read."""
    return reading.features_read(self.applications(parts), infos, specs)

  def make_model_fn(
    self, parts: Parts, infos: Mapping[str, ModuleInfo]
  ) -> ModelFn:
    """Returns the model_fn of the modules and the function."""

    def model_fn(
      features: _Tensors,
      labels: Any,
      mode: str,
      config: estimator.RunConfig | None = None,
    ) -> estimator.EstimatorSpec:
      del config
      return self._build(parts, infos, features, labels, mode)

    return model_fn

  def identity(self, parts: Parts) -> dict[str, str]:
    """Returns the function's name."""
    del parts
    return {"model": user_functions.full_name(self.function)}

  def _build(
    self,
    parts: Parts,
    infos: Mapping[str, ModuleInfo],
    features: _Tensors,
    labels: Any,
    mode: str,
  ) -> estimator.EstimatorSpec:
    training = mode == estimator.ModeKeys.TRAIN
    placed = {
      name: modules.place(infos[name], source, mode=mode)
      for name, source in encoders.sources(self).items()
    }
    for one in placed.values():
      add_placed(one)
    fed, outputs, update_ops = self._apply(infos, placed, features, mode)
    before = len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
    loss, predictions, metrics = self._call(
      {
        "outputs": outputs,
        "inputs": fed,
        "features": features,
        "labels": labels,
        "mode": mode,
      }
    )
    collect_model_variables()
    scaffold = None
    if not training and parts.fine_tuning.average_decay is not None:
      scaffold = restore_averages(infos, self)
    if mode == estimator.ModeKeys.PREDICT:
      return serve_all(
        estimator.EstimatorSpec(
          mode, predictions=predictions, scaffold=scaffold
        )
      )
    if not training:
      mean = mean_by_size(loss, features)
      return estimator.EstimatorSpec(
        mode,
        loss=loss,
        eval_metric_ops={**metrics, EXAMPLES_LOSS: mean},
        scaffold=scaffold,
      )
    added = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)[before:]
    losses = build_losses(
      parts.fine_tuning, list(placed.values()), added, training=True
    )
    total = tf.add_n([loss, *losses])
    train_op = build_training_step(
      parts.optimizer,
      parts.fine_tuning,
      loss=total,
      losses=losses,
      placed=list(placed.values()),
      update_ops=update_ops,
      rate_scale=rate_scale(parts),
      max_steps=parts.max_steps,
    )
    return estimator.EstimatorSpec(mode, loss=total, train_op=train_op)

  def _apply(
    self,
    infos: Mapping[str, ModuleInfo],
    placed: Mapping[str, PlacedModule],
    features: _Tensors,
    mode: str,
  ) -> tuple[_ByModule, _ByModule, list[tf.Operation]]:
    """Returns (inputs, outputs, update ops) of the modules, applied in order."""
    fed: _ByModule = {}
    outputs: _ByModule = {}
    update_ops: list[tf.Operation] = []
    seen = dict(features)
    for one in self.applications():
      name = str(one.name)
      module = placed[one.module.name]
      info = infos[one.module.name]
      one = one.fitted(seen, info)
      fed[name] = one.build_inputs(seen, info, mode=mode)
      outputs[name], updates = module.apply(fed[name])
      add_applied(
        AppliedModule(module, fed[name], outputs[name], set(outputs[name]))
      )
      update_ops += updates
      seen |= {f"{name}/{key}": x for key, x in outputs[name].items()}
    return fed, outputs, update_ops

  def _call(
    self, arguments: Mapping[str, Any]
  ) -> tuple[Any, _Tensors, Mapping[str, Any]]:
    """Calls the function, and checks the form of what it returns."""
    returned = user_functions.call(self.function, arguments)
    if not (
      isinstance(returned, tuple)
      and len(returned) == 3
      and isinstance(returned[1], Mapping)
      and isinstance(returned[2], Mapping)
    ):
      raise UserError(
        f"{self} returned {type(returned).__name__}; it must return (loss, "
        "predictions by name, metrics by name)."
      )
    loss, predictions, metrics = returned
    if arguments["mode"] == estimator.ModeKeys.PREDICT:
      if not predictions:
        raise UserError(f"{self} returned no predictions in PREDICT mode.")
    elif not (tf.is_tensor(loss) and loss.shape.rank in (0, None)):
      raise UserError(f"{self}: the loss is {loss!r}; it must be a scalar.")
    return loss, predictions, metrics


def _read(applied: Mapping[str, encoders.Encoder]) -> dict[str, set[str]]:
  """Returns the names of the modules whose outputs each module reads."""
  return {
    name: {
      other
      for feature in (one.adapter.inputs or {}).values()
      for other in applied
      if feature.startswith(f"{other}/")
    }
    for name, one in applied.items()
  }


def _in_order(applied: Mapping[str, encoders.Encoder]) -> list[str]:
  """Returns the names of modules, each behind those whose outputs it reads.

  A gin file that is written again has its dicts sorted, so their order means nothing.

  Raises:
    UserError: modules read each other's outputs.
  """
  read = _read(applied)
  order: list[str] = []
  while len(order) < len(read):
    ready = [n for n in sorted(read) if n not in order and read[n] <= {*order}]
    if not ready:
      left = ", ".join(sorted(set(read) - set(order)))
      raise UserError(
        f"models.objective.modules: {left} read each other's outputs."
      )
    order.append(ready[0])
  return order
