"""Pairs: one module applied to two features, and their outputs compared."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import gin

from hub_estimator.errors import UserError, nearest
from hub_estimator.model.application import Application
from hub_estimator.modules import ModuleSource
from hub_estimator.preprocessing import Adapter
from hub_estimator.tensorflow_runtime import tf

_COMBINATIONS: dict[str, Callable[[tf.Tensor, tf.Tensor], tf.Tensor]] = {
  "left": lambda left, right: left,
  "right": lambda left, right: right,
  "difference": lambda left, right: left - right,
  "absolute_difference": lambda left, right: tf.abs(left - right),
  "product": lambda left, right: left * right,
  "dot": lambda left, right: tf.reduce_sum(left * right, 1, keepdims=True),
  "cosine": lambda left, right: tf.reduce_sum(
    tf.math.l2_normalize(left, 1) * tf.math.l2_normalize(right, 1),
    1,
    keepdims=True,
  ),
}


@gin.register("towers", module="encoders")
@dataclasses.dataclass(frozen=True)
class Towers:
  """One module applied to two features, with the same variables.

  Attributes:
    module: the module; its signature takes one input.
    left: the feature of the first tower.
    right: the feature of the second tower.
    combine_by: the comparisons that the head sees, in this order. "left",
      "right", "difference", "absolute_difference" and "product" are as wide as
      the module's output; "dot" and "cosine" are one number.
    adapter: fits features to the module, and its output to the head.
  """

  module: ModuleSource
  left: str
  right: str
  combine_by: Sequence[str] = ("absolute_difference", "product")
  adapter: Adapter = Adapter()

  def __post_init__(self) -> None:
    if isinstance(self.combine_by, str) or not self.combine_by:
      raise UserError(
        f"towers.combine_by must be a list: write [{self.combine_by!r}]."
      )
    for name in self.combine_by:
      if name not in _COMBINATIONS:
        raise UserError(
          f"towers.combine_by has {name!r}: {nearest(name, _COMBINATIONS)}"
        )

  def applications(self) -> list[Application]:
    """Returns an application for the left feature, then one for the right."""
    return [
      Application(self.module, self.adapter, features=(name,))
      for name in (self.left, self.right)
    ]

  def combine(
    self, outputs: Sequence[tf.Tensor], features: Mapping[str, tf.Tensor]
  ) -> tf.Tensor:
    """Returns the comparisons side by side, float32 [batch, width].

    Args:
      outputs: float32 [batch, width], of the left feature and of the right.
      features: not read.
    """
    del features
    left, right = outputs
    return tf.concat(
      [_COMBINATIONS[name](left, right) for name in self.combine_by], axis=1
    )
