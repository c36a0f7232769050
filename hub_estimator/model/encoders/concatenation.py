"""Several encoders whose outputs are concatenated."""

import dataclasses
from collections.abc import Mapping, Sequence

import gin

from hub_estimator.errors import UserError
from hub_estimator.model import interface
from hub_estimator.model.application import Application
from hub_estimator.tensorflow_runtime import tf


@gin.register("concat", module="encoders")
@dataclasses.dataclass(frozen=True)
class Concat:
  """Several encoders side by side, their outputs joined into one wide output.

  Attributes:
    encoders: in the order of their outputs. Different modules need different
      `module.name`s; encoders of the same module share its variables.
  """

  encoders: Sequence[interface.Encoder]

  def __post_init__(self) -> None:
    if isinstance(self.encoders, str) or not self.encoders:
      raise UserError(
        f"concat.encoders is {self.encoders!r}; it must be a list of encoders."
      )

  def applications(self) -> list[Application]:
    """Returns the applications of all encoders, in order."""
    return [a for e in self.encoders for a in e.applications()]

  def combine(
    self, outputs: Sequence[tf.Tensor], features: Mapping[str, tf.Tensor]
  ) -> tf.Tensor:
    """Returns the encoders' results side by side, float32 [batch, width].

    Args:
      outputs: float32 [batch, width], one for each application.
      features: all of the data's, [batch, ...] by name.
    """
    remaining = iter(outputs)
    return tf.concat(
      [
        e.combine([next(remaining) for _ in e.applications()], features)
        for e in self.encoders
      ],
      axis=1,
    )
