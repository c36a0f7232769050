"""LARS: momentum with a learning rate for each layer."""

import dataclasses
from collections.abc import Iterable

import gin

from hub_estimator.optimizers.interface import LearningRate
from hub_estimator.tensorflow_runtime import tf


@gin.register("lars", module="optimizers")
@dataclasses.dataclass(frozen=True)
class LARS:
  """Momentum with a rate for each matrix, for large batches, arXiv:1708.03888.

  Attributes:
    learning_rate: a number, or a schedule. Each matrix multiplies it by
      `trust * |weights| / (|gradient| + weight_decay * |weights|)`. Biases and
      scales, which have fewer than two dimensions, use it unchanged and don't
      decay.
    momentum: share of the previous step that is added to the next one.
    weight_decay: L2 weight, in the step and in the ratio.
    trust: the ratio's coefficient; 0.001 is the paper's.
  """

  learning_rate: LearningRate = 1.0
  momentum: float = 0.9
  weight_decay: float = 1e-4
  trust: float = 0.001

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    """Returns a `MomentumOptimizer` that scales matrices' gradients first."""
    return _LayerwiseMomentum(
      learning_rate, self.momentum, self.weight_decay, self.trust
    )


class _LayerwiseMomentum(tf.train.MomentumOptimizer):
  def __init__(
    self,
    learning_rate: tf.Tensor,
    momentum: float,
    weight_decay: float,
    trust: float,
  ) -> None:
    super().__init__(learning_rate, momentum)
    self._decay = weight_decay
    self._trust = trust

  def apply_gradients(
    self,
    grads_and_vars: Iterable[tuple[tf.Tensor, tf.Variable]],
    global_step: tf.Variable | None = None,
    name: str | None = None,
  ) -> tf.Operation:
    pairs = [(self._scaled(g, v), v) for g, v in grads_and_vars]
    return super().apply_gradients(pairs, global_step, name)

  def _scaled(self, gradient: tf.Tensor, variable: tf.Variable) -> tf.Tensor:
    if variable.shape.rank < 2:
      return gradient
    gradient, weights = tf.convert_to_tensor(gradient), variable.value()
    size = tf.norm(weights)
    total = tf.norm(gradient) + self._decay * size
    ratio = tf.where(
      (size > 0) & (total > 0),
      self._trust * tf.math.divide_no_nan(size, total),
      1.0,
    )
    return ratio * (gradient + self._decay * weights)
