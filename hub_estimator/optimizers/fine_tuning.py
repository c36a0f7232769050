"""How a pretrained module is trained together with its head."""

import dataclasses
import re
from collections.abc import Sequence

import gin

from hub_estimator.errors import UserError, check_regex

_AT_LEAST = {
  "layer_decay": 0,
  "unfreeze_every_steps": 0,
  "freeze_module_steps": 0,
  "accumulate_batches": 1,
  "l2_sp": 0,
  "regularization_scale": 0,
}


@gin.register("fine_tuning", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class FineTuning:
  """How a trainable module moves with its head.

  Attributes:
    module_rate_multiplier: the module's learning rate divided by the head's. It
      is below 1 because pretrained weights need small corrections, while the
      head starts from nothing. At the head's rate, the first steps follow a
      head that knows nothing yet and erase what the module has learnt. 0.1 is
      the usual factor of discriminative fine-tuning (ULMFiT, arXiv:1801.06146,
      divides by 2.6 for each of several layer groups).
    rate_groups: [("regex", factor), …]: the first regex that is found in a
      module variable's name multiplies its rate further; 0 freezes it.
    layers: regexes of module variables' names, from the layer nearest the head
      to the one nearest the input; the first that is found decides. Variables
      that match none move like the first layer.
    layer_decay: the rate of each layer divided by the rate of the layer before
      it in `layers`; typically 0.65 to 0.95 (arXiv:1801.06146).
    unfreeze_every_steps: each layer stays frozen this many steps longer than
      the one before it in `layers`: gradual unfreezing, from the same paper.
    freeze_module_steps: steps at the start in which only the head moves. The
      module's trainable variables and optimizer slots don't change; its
      batch-norm statistics follow the data as always.
    clip_norm: the largest norm of all gradients together; larger gradients are
      scaled down to it. None doesn't clip.
    clip_value: the largest absolute value of a gradient's element, applied
      before `clip_norm`. None doesn't clip.
    accumulate_batches: variables move only once in so many steps, by the mean
      of the gradients since: a large batch in little memory. The last step of
      the run applies the rest, by the mean of the batches that came. A step
      stays one batch, also in schedules and `run.max_steps`.
    l2_sp: weight of half the squared distance between the module's trained
      variables and their pretrained values, added to the loss: "L2-SP",
      arXiv:1802.01483. `regularization_scale` doesn't apply to it.
    regularization_scale: weight of the module's and the top's regularization
      losses in the training loss.
    average_decay: the decay of an exponential moving average of all trained
      variables, such as 0.999. Evaluation, prediction and export use the
      averages instead of the last values. Early in training the decay is
      min(decay, (1 + steps) / (10 + steps)), so that a short run isn't held at
      its start. None keeps no averages.
  """

  module_rate_multiplier: float = 0.1
  rate_groups: Sequence[tuple[str, float]] = ()
  layers: Sequence[str] = ()
  layer_decay: float = 1.0
  unfreeze_every_steps: int = 0
  freeze_module_steps: int = 0
  clip_norm: float | None = None
  clip_value: float | None = None
  accumulate_batches: int = 1
  l2_sp: float = 0.0
  regularization_scale: float = 1.0
  average_decay: float | None = None

  def __post_init__(self) -> None:
    if self.module_rate_multiplier <= 0:
      raise UserError(
        "fine_tuning.module_rate_multiplier is "
        f"{self.module_rate_multiplier}; to freeze the module, set "
        "module.trainable = False."
      )
    self._check_rate_groups()
    self._check_layers()
    self._check_numbers()

  def pace(self, variable_name: str) -> tuple[float, int]:
    """Returns (factor of the learning rate, frozen steps) of a module variable.

    Args:
      variable_name: without ":0".
    """
    factor = self.module_rate_multiplier
    for pattern, group_factor in self.rate_groups:
      if re.search(pattern, variable_name):
        factor *= group_factor
        break
    depth = next(
      (i for i, p in enumerate(self.layers) if re.search(p, variable_name)), 0
    )
    return (
      factor * self.layer_decay**depth,
      self.freeze_module_steps + self.unfreeze_every_steps * depth,
    )

  def _check_rate_groups(self) -> None:
    for pattern, factor in self.rate_groups:
      check_regex(pattern, "fine_tuning.rate_groups")
      if factor < 0:
        raise UserError(
          f"fine_tuning.rate_groups: the factor of {pattern!r} is {factor}; it "
          "must be at least 0."
        )

  def _check_layers(self) -> None:
    if isinstance(self.layers, str):
      raise UserError(
        f"fine_tuning.layers is a list of regexes: write [{self.layers!r}]."
      )
    for pattern in self.layers:
      check_regex(pattern, "fine_tuning.layers")
    if not self.layers and (self.layer_decay != 1 or self.unfreeze_every_steps):
      raise UserError(
        "fine_tuning.layer_decay and unfreeze_every_steps need "
        "fine_tuning.layers."
      )

  def _check_numbers(self) -> None:
    for name, least in _AT_LEAST.items():
      value = getattr(self, name)
      if value < least:
        raise UserError(
          f"fine_tuning.{name} is {value}; it must be at least {least}."
        )
    for name in ("clip_norm", "clip_value"):
      value = getattr(self, name)
      if value is not None and value <= 0:
        raise UserError(
          f"fine_tuning.{name} is {value}; it must be above 0, or None."
        )
    if self.average_decay is not None and not 0 < self.average_decay < 1:
      raise UserError(
        f"fine_tuning.average_decay is {self.average_decay}; it must be "
        "between 0 and 1."
      )
