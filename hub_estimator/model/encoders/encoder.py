"""The encoder of most runs: one module."""

import dataclasses
from collections.abc import Mapping, Sequence

import gin

from hub_estimator.model.application import Application
from hub_estimator.modules import ModuleSource
from hub_estimator.preprocessing import Adapter
from hub_estimator.tensorflow_runtime import tf


@gin.register("encoder", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Encoder:
  """One module.

  Attributes:
    module: the module and how it is used.
    adapter: fits features to the module, and its output to the head.
  """

  module: ModuleSource
  adapter: Adapter = Adapter()

  def applications(self) -> list[Application]:
    """Returns the only application."""
    return [Application(self.module, self.adapter)]

  def combine(
    self, outputs: Sequence[tf.Tensor], features: Mapping[str, tf.Tensor]
  ) -> tf.Tensor:
    """Returns the module's output, float32 [batch, width].

    Args:
      outputs: float32 [batch, width], the only one.
      features: not read.
    """
    del features
    (output,) = outputs
    return output
