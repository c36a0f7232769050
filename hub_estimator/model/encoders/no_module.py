"""No encoder: for a model that places its modules itself."""

import dataclasses
from collections.abc import Mapping, Sequence

from hub_estimator.errors import UserError
from hub_estimator.model.application import Application
from hub_estimator.tensorflow_runtime import tf


@dataclasses.dataclass(frozen=True)
class NoModule:
  """Applies no module."""

  def applications(self) -> list[Application]:
    """Returns none."""
    return []

  def combine(
    self, outputs: Sequence[tf.Tensor], features: Mapping[str, tf.Tensor]
  ) -> tf.Tensor:
    """Raises a UserError: there is nothing to combine."""
    raise UserError("run.encoder is missing.")
