"""Several outputs of one module, each for a head of its own."""

import dataclasses
from collections.abc import Mapping, Sequence

import gin

from hub_estimator.model.application import Application
from hub_estimator.modules import ModuleSource
from hub_estimator.preprocessing import Adapter
from hub_estimator.tensorflow_runtime import tf


@gin.register("taps", module="encoders")
@dataclasses.dataclass(frozen=True)
class Taps:
  """Several outputs of one module, each for a head of `heads.multi`.

  Attributes:
    module: the module; `module.output` is ignored.
    outputs: the signature's output by the head's name.
    adapter: fits features to the module, and its outputs to the heads.
  """

  module: ModuleSource
  outputs: Mapping[str, str]
  adapter: Adapter = Adapter()

  def applications(self) -> list[Application]:
    """Returns an application for each output, in order."""
    return [
      Application(self.module, self.adapter, output=output)
      for output in self.outputs.values()
    ]

  def combine(
    self, outputs: Sequence[tf.Tensor], features: Mapping[str, tf.Tensor]
  ) -> dict[str, tf.Tensor]:
    """Returns each head's input, float32 [batch, width], by the head's name.

    Args:
      outputs: float32 [batch, width], in the order of `self.outputs`.
      features: not read.
    """
    del features
    return dict(zip(self.outputs, outputs, strict=True))
