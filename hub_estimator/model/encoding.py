"""Encoding: an encoder's modules placed in the graph and applied to features."""

import dataclasses
from collections.abc import Mapping

from hub_estimator import modules
from hub_estimator.model import encoders, graph_modules, towers
from hub_estimator.model.application import Application
from hub_estimator.model.graph_modules import AppliedModule
from hub_estimator.model.interface import Encoder, HeadInput
from hub_estimator.modules import ModuleInfo, PlacedModule
from hub_estimator.tensorflow_runtime import estimator, tf

# Collection of the graph, of the tensors that the encoder combines; a tuple as the
# key keeps it out of exported graphs.
_ENCODED = ("hub_estimator_encoded",)


@dataclasses.dataclass(frozen=True)
class Encoded:
  """Features after the modules.

  Attributes:
    head_input: float32 [batch, width], or one of these for each head by name; or
      [batch, tokens, width] for `heads.sequence`.
    placed: the modules in the graph; empty if their outputs were kept.
    update_ops: of the applications, for one tower only.
    tokens: what `heads.TokenHead` wants to know of the tokens, by name.
  """

  head_input: HeadInput
  placed: list[PlacedModule]
  update_ops: list[tf.Operation]
  tokens: Mapping[str, tf.Tensor] = dataclasses.field(default_factory=dict)


def encode(
  infos: Mapping[str, ModuleInfo],
  encoder: Encoder,
  features: Mapping[str, tf.Tensor],
  *,
  mode: str,
  n_towers: int = 1,
) -> Encoded:
  """Adds the ops between the features and the head's input.

  Args:
    infos: of the encoder's modules, by `module.name`.
    encoder: which modules are applied to which features.
    features: tensors [batch, ...] by name. Outputs that were kept (see
      `encoders.output_key`) are not computed again.
    mode: one of `tf.estimator.ModeKeys`.
    n_towers: devices that share the batch.

  Raises:
    UserError: a feature is missing or doesn't fit.
  """
  applications = encoder.applications()
  keys = [encoders.output_key(i) for i in range(len(applications))]
  kept = all(key in features for key in keys)
  placed = _place(infos, encoder, mode=mode, kept=kept)
  outputs = _ModuleOutputs(infos, placed, features, mode, n_towers)
  tensors = [
    features[key] if key in features else outputs.of(application)
    for key, application in zip(keys, applications, strict=True)
  ]
  for tensor in tensors:
    tf.add_to_collection(_ENCODED, tensor)
  return Encoded(
    encoder.combine(tensors, features),
    list(placed.values()),
    outputs.update_ops,
  )


def encoded_outputs() -> list[tf.Tensor]:
  """Returns the tensors that the encoder combined in the current graph.

  They are float32 [batch, width], one for each application.
  """
  return tf.get_collection(_ENCODED)


def _place(
  infos: Mapping[str, ModuleInfo], encoder: Encoder, *, mode: str, kept: bool
) -> dict[str, PlacedModule]:
  """Places the encoder's modules, unless all of their outputs were kept.

  Checkpoints of training hold the modules' variables in either case.
  """
  sources = encoders.sources(encoder)
  if not kept:
    placed = {
      name: modules.place(infos[name], source, mode=mode)
      for name, source in sources.items()
    }
    for one in placed.values():
      graph_modules.add_placed(one)
    return placed
  if mode == estimator.ModeKeys.TRAIN:
    with tf.init_scope():  # Only once, if steps run in a loop.
      for name, source in sources.items():
        modules.store_variables(infos[name], source, mode=mode)
  return {}


@dataclasses.dataclass(frozen=True)
class _ModuleOutputs:
  """Outputs of placed modules, applied on each tower to its part of the batch.

  Applications that differ only in the output share one use of the module.
  """

  infos: Mapping[str, ModuleInfo]
  placed: Mapping[str, PlacedModule]
  features: Mapping[str, tf.Tensor]
  mode: str
  n_towers: int
  update_ops: list[tf.Operation] = dataclasses.field(default_factory=list)
  applied: dict[tuple[object, ...], list[AppliedModule]] = dataclasses.field(
    default_factory=dict
  )

  def of(self, application: Application) -> tf.Tensor:
    """Returns an application's output for the whole batch, [batch, width]."""
    info = self.infos[application.module.name]
    application = application.fitted(self.features, info)
    key = (
      application.module.name,
      repr(application.adapter),
      application.features,
    )
    if key not in self.applied:
      self.applied[key] = self._apply(application)
    name = application.output_of(info)
    for applied in self.applied[key]:
      applied.read.add(name)
    parts = [(one.inputs, one.outputs) for one in self.applied[key]]
    return application.build_head_input(parts, info)

  def _apply(self, application: Application) -> list[AppliedModule]:
    """Applies the module on each tower."""
    info = self.infos[application.module.name]
    placed = self.placed[application.module.name]

    def apply(
      part: dict[str, tf.Tensor],
    ) -> tuple[AppliedModule, list[tf.Operation]]:
      inputs = application.build_inputs(part, info, mode=self.mode)
      outputs, update_ops = placed.apply(inputs)
      applied = AppliedModule(placed, inputs, outputs)
      graph_modules.add_applied(applied)
      return applied, update_ops

    built = towers.build(apply, self.features, self.n_towers)
    # From one tower: each would move batch norm's averages once.
    self.update_ops.extend(built[0][1])
    return [applied for applied, _ in built]
