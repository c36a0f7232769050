"""AdamW: Adam whose weight decay is separate from the gradient."""

import dataclasses
from collections.abc import Iterable

import gin

from hub_estimator.optimizers.interface import LearningRate
from hub_estimator.tensorflow_runtime import tf


@gin.register("adamw", module="optimizers")
@dataclasses.dataclass(frozen=True)
class AdamW:
  """Adam with decoupled weight decay, arXiv:1711.05101.

  Attributes:
    learning_rate: a number, or a schedule.
    weight_decay: share of each matrix that a step at learning rate 1 subtracts.
      Biases and scales, which have fewer than two dimensions, don't decay.
    beta1: decay of the gradients' mean.
    beta2: decay of the squared gradients' mean.
    epsilon: added to the denominator, against division by zero.
  """

  learning_rate: LearningRate = 0.001
  weight_decay: float = 0.01
  beta1: float = 0.9
  beta2: float = 0.999
  epsilon: float = 1e-8

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    """Returns an `AdamOptimizer` that also decays matrices."""
    return _DecayingAdam(
      learning_rate, self.weight_decay, self.beta1, self.beta2, self.epsilon
    )


class _DecayingAdam(tf.train.AdamOptimizer):
  def __init__(
    self,
    learning_rate: tf.Tensor,
    weight_decay: float,
    *betas_and_epsilon: float,
  ) -> None:
    super().__init__(learning_rate, *betas_and_epsilon)
    self._decay = learning_rate * weight_decay

  def apply_gradients(
    self,
    grads_and_vars: Iterable[tuple[tf.Tensor, tf.Variable]],
    global_step: tf.Variable | None = None,
    name: str | None = None,
  ) -> tf.Operation:
    pairs = list(grads_and_vars)
    decays = [
      v.assign_sub(self._decay * v.value(), read_value=False)
      for _, v in pairs
      if v.shape.rank > 1
    ]
    with tf.control_dependencies(decays):
      return super().apply_gradients(pairs, global_step, name)
