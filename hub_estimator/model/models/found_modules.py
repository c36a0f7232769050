"""The modules that a user's model_fn has put into the current graph."""

from collections.abc import Sequence

from hub_estimator import modules
from hub_estimator.errors import UserError
from hub_estimator.model.graph_modules import (
  AppliedModule,
  add_applied,
  add_placed,
)
from hub_estimator.modules import ModuleInfo, ModuleSource, PlacedModule
from hub_estimator.tensorflow_runtime import estimator, hub, hub_internals


def record(
  calls: Sequence[hub_internals.ModuleCall], *, mode: str, where: str
) -> None:
  """Records the modules that are registered for export or applied, and how.

  Args:
    calls: all applications of modules in the current graph.
    mode: one of `tf.estimator.ModeKeys`.
    where: names the model_fn, for messages.

  Raises:
    UserError: no module is registered, or one can't be exported.
  """
  registered = hub_internals.registered_modules()
  if not registered and mode == estimator.ModeKeys.PREDICT:
    raise UserError(
      f"{where} registers no module in PREDICT mode, so there is none to export: "
      "call hub.register_module_for_export(module, name) in all modes."
    )
  exported = {id(module): name for name, module in registered}
  used = [module for _, module in registered] + [call.module for call in calls]
  for module in {id(module): module for module in used}.values():
    name = exported.get(id(module))
    own = [call for call in calls if call.module is module]
    placed = _placed(module, name, own, mode)
    add_placed(placed)
    for call in own:
      if call.signature == placed.source.signature:
        add_applied(
          AppliedModule(placed, call.inputs, call.outputs, set(call.outputs))
        )


def _placed(
  module: hub.Module,
  export_name: str | None,
  calls: Sequence[hub_internals.ModuleCall],
  mode: str,
) -> PlacedModule:
  """Describes a module as if a run had placed it."""
  info = modules.describe_module(module)
  tags = hub_internals.tags_of(module)
  training = mode == estimator.ModeKeys.TRAIN
  trains = training and hub_internals.is_trainable(module)
  signature = calls[0].signature if calls else _any_signature(info, tags)
  source = ModuleSource(
    handle=info.handle,
    signature=signature,
    trainable=trains,
    tags=sorted(tags) if training else None,
    inference_tags=() if training else sorted(tags),
    name=hub_internals.state_scope(module),
    export_name=export_name,
  )
  return PlacedModule(
    source, info, module, tags, info.signature(signature, tags), trains, ()
  )


def _any_signature(info: ModuleInfo, tags: frozenset[str]) -> str:
  signatures = info.variant(tags).signatures
  return "default" if "default" in signatures else min(signatures)
