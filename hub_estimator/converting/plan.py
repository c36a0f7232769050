"""What becomes of a module: its variants for inference and training, its call."""

import dataclasses
import logging
from collections.abc import Mapping
from typing import Any

from hub_estimator.converting.calling import can_be_argument, python_name
from hub_estimator.converting.checks import check_variant
from hub_estimator.converting.stored_graph import StoredGraph
from hub_estimator.errors import UserError
from hub_estimator.modules import (
  ModuleInfo,
  ModuleSource,
  SignatureInfo,
  VariantInfo,
  choose_tags,
)
from hub_estimator.tensorflow_runtime import estimator

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Mode:
  """A variant and its graph."""

  variant: VariantInfo
  graph: StoredGraph

  @property
  def signatures(self) -> Mapping[str, SignatureInfo]:
    """The variant's signatures by name."""
    return self.variant.signatures


@dataclasses.dataclass(frozen=True)
class Plan:
  """What becomes of a module.

  Attributes:
    info: the module's description.
    inference: the variant for inference, and for all signatures.
    training: the variant for `training=True`; the same object if the module has
      no other.
    signature: the one that the call applies.
  """

  info: ModuleInfo
  inference: Mode
  training: Mode
  signature: str

  def hyperparameters(self) -> dict[str, Any]:
    """Returns the defaults of those inputs of the call that have one.

    An input without a default stays one; if all have one, all stay inputs.
    """
    found = {}
    for mode in (self.training, self.inference):
      inputs = mode.graph.signatures[self.signature].inputs
      found = {
        name: value
        for name, tensor in inputs.items()
        if (value := mode.graph.default_of(tensor)) is not None
        and can_be_argument(name)
      }
    return found if len(found) < len(inputs) else {}


def make_plan(info: ModuleInfo, source: ModuleSource) -> Plan:
  """Returns what becomes of a module.

  Args:
    info: its description.
    source: says which signature the call applies, and in which variants.

  Raises:
    UserError: there is no such signature, this process lacks an op of the module,
      or a SavedModel of TensorFlow 2 can't hold it.
  """
  info.check_ops_registered()
  source = dataclasses.replace(source, trainable=True)
  info.signature(source.signature, source.inference_tags)
  modes = estimator.ModeKeys
  tags = choose_tags(info, source, modes.EVAL)
  training_tags = choose_tags(info, source, modes.TRAIN)
  try:
    inference = _read(info, tags)
    training = (
      inference if training_tags == tags else _read(info, training_tags)
    )
    plan = Plan(info, inference, training, source.signature)
    _check_modes_agree(plan)
    _check_gradients(plan)
  except UserError as error:
    raise refusal(info, str(error)) from error
  _log_losses(plan)
  return plan


def refusal(info: ModuleInfo, why: str) -> UserError:
  """Returns the error that says why a module can't be converted."""
  return UserError(
    f"Module {info.handle!r} can't become a SavedModel of TensorFlow 2: {why}"
  )


def _read(info: ModuleInfo, tags: frozenset[str]) -> Mode:
  variant = info.variant(tags)
  graph = StoredGraph(info, variant)
  check_variant(variant, graph)
  for name, signature in variant.signatures.items():
    _check_names(name, signature)
  return Mode(variant, graph)


def _check_names(name: str, signature: SignatureInfo) -> None:
  """Checks that inputs stay apart as arguments of a function."""
  arguments = {key: python_name(key) for key in signature.inputs}
  if len(set(arguments.values())) < len(arguments):
    raise UserError(
      f"signature {name!r} has inputs whose names are one as arguments: "
      f"{', '.join(sorted(arguments))}."
    )


def _check_modes_agree(plan: Plan) -> None:
  """Checks that the call has the same inputs and outputs in both modes."""
  name = plan.signature
  infer = plan.inference.signatures[name]
  train = plan.training.signatures.get(name)
  if train is None or (set(train.inputs), set(train.outputs)) != (
    set(infer.inputs),
    set(infer.outputs),
  ):
    raise UserError(
      f"signature {name!r} of variant {sorted(plan.training.variant.tags)} "
      "doesn't have the inputs and outputs of the variant for inference."
    )
  if not infer.inputs:
    raise UserError(f"signature {name!r} has no inputs, and can't be the call.")


def _check_gradients(plan: Plan) -> None:
  """Checks that gradients can pass the call in training."""
  loops = plan.training.graph.loops(plan.signature)
  if loops:
    raise UserError(
      f"signature {plan.signature!r} passes a loop or branch of TensorFlow 1 "
      f"({loops[0]}), of which functions of TensorFlow 2 have no gradient."
    )


def _log_losses(plan: Plan) -> None:
  for name in plan.training.graph.unfed_losses():
    _log.warning(
      "Module %r: regularization loss %s needs an input, which nothing feeds; it is "
      "left out.",
      plan.info.handle,
      name,
    )
