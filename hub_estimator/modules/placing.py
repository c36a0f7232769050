"""Places a module in the current graph, in the right variant for each mode."""

import dataclasses
import logging
from collections.abc import Iterable, Mapping

from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.modules.source import ModuleSource
from hub_estimator.modules.static_batches import apply_in_batches
from hub_estimator.modules.variant_info import SignatureInfo
from hub_estimator.modules.variants import choose_tags
from hub_estimator.tensorflow_runtime import estimator, hub, tf

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class PlacedModule:
  """A module in the current graph.

  Attributes:
    source: the source of the module.
    info: its description.
    module: the `hub.Module`.
    tags: the tags of its variant.
    signature: the description of the source's signature.
    trains: whether gradients flow back through it.
    regularization_losses: scalars; empty if the module is frozen.
  """

  source: ModuleSource
  info: ModuleInfo
  module: hub.Module
  tags: frozenset[str]
  signature: SignatureInfo
  trains: bool
  regularization_losses: tuple[tf.Tensor, ...]

  @property
  def variables(self) -> list[tf.Variable]:
    """All variables of the module."""
    return self.module.variables

  @property
  def trainable_variables(self) -> list[tf.Variable]:
    """The variables that fine-tuning changes; none if the module is frozen."""
    trainable = {id(v) for v in tf.trainable_variables()}
    return [v for v in self.variables if id(v) in trainable]

  def apply(
    self, inputs: Mapping[str, tf.Tensor]
  ) -> tuple[dict[str, tf.Tensor], list[tf.Operation]]:
    """Applies the source's signature.

    Args:
      inputs: tensors by the signature's names for its inputs.

    Returns:
      (outputs by name, update ops of this application). `hub.Module` adds the
      update ops of *all* signatures to the collection. Those of other signatures
      wait for a placeholder that nobody feeds; they are left out here.
    """
    before = set(tf.get_collection(tf.GraphKeys.UPDATE_OPS))

    def apply_module(fed: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
      return self.module(
        dict(fed), signature=self.source.signature, as_dict=True
      )

    if self.trains:
      outputs = apply_module(inputs)
    else:
      outputs = apply_in_batches(apply_module, inputs, self.signature)
    added = [
      op
      for op in dict.fromkeys(tf.get_collection(tf.GraphKeys.UPDATE_OPS))
      if op not in before
    ]
    unfed = _unfed_placeholders(added)
    return outputs, [op for op in added if not unfed[op]]


def place(info: ModuleInfo, source: ModuleSource, *, mode: str) -> PlacedModule:
  """Instantiates the variant for a mode; for PREDICT, registers it for export.

  Args:
    info: the module's description.
    source: the user's choice.
    mode: one of `tf.estimator.ModeKeys`.

  Raises:
    UserError: the chosen variant doesn't exist, or it needs ops that this
      process lacks.
  """
  info.check_ops_registered()
  trainable = source.trainable and mode == estimator.ModeKeys.TRAIN
  before = len(tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES))
  tags = choose_tags(info, source, mode)
  module = hub.Module(
    info.spec, trainable=trainable, name=source.name, tags=set(tags)
  )
  if source.export_name is not None and mode == estimator.ModeKeys.PREDICT:
    hub.register_module_for_export(module, source.export_name)
  losses = tf.get_collection(tf.GraphKeys.REGULARIZATION_LOSSES)[before:]
  return PlacedModule(
    source,
    info,
    module,
    tags,
    info.signature(source.signature, tags),
    trainable,
    _computable(info, losses),
  )


def drop_unfed_update_ops() -> None:
  """Drops the update ops of signatures that are not applied.

  `hub.Module` adds those of all signatures to the collection. Running one of another
  signature fails, because nothing feeds its placeholder.
  """
  collected = tf.get_collection_ref(tf.GraphKeys.UPDATE_OPS)
  unfed = _unfed_placeholders(collected)
  collected[:] = [op for op in collected if not unfed[op]]


def _computable(
  info: ModuleInfo, losses: Iterable[tf.Tensor]
) -> tuple[tf.Tensor, ...]:
  """Returns the losses that need no input; logs the others."""
  unfed = _unfed_placeholders(losses)
  for loss, placeholders in unfed.items():
    if placeholders:
      _log.warning(
        "Module %r: regularization loss %s needs the input %s, which nothing "
        "feeds; it is left out.",
        info.handle,
        loss.name,
        ", ".join(sorted(placeholders)),
      )
  return tuple(loss for loss in losses if not unfed[loss])


def _unfed_placeholders(
  roots: Iterable[tf.Tensor | tf.Operation],
) -> dict[tf.Tensor | tf.Operation, set[str]]:
  """Maps each tensor or op to the names of placeholders that it depends on."""
  result = {}
  for root in roots:
    seen = set()
    names: set[str] = set()
    todo = [root if isinstance(root, tf.Operation) else root.op]
    while todo:
      op = todo.pop()
      if op in seen:
        continue
      seen.add(op)
      if op.type in ("Placeholder", "PlaceholderV2"):
        names.add(op.name)
      todo.extend(tensor.op for tensor in op.inputs)
      todo.extend(op.control_inputs)
    result[root] = names
  return result
