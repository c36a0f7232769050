"""The contract of an optimizer: a learning rate, and what applies gradients.

An optimizer of yours is any object that follows `Optimizer`.
"""

from collections.abc import Callable
from typing import Protocol

from hub_estimator.tensorflow_runtime import tf

# A number; or a schedule, which turns the global step, an int64 scalar, into a
# float32 scalar.
LearningRate = float | Callable[[tf.Tensor], tf.Tensor]


class Optimizer(Protocol):
  """Describes a TensorFlow 1 optimizer.

  Estimator's heads accept those on every supported TensorFlow.
  """

  @property
  def learning_rate(self) -> LearningRate:
    """The head's learning rate; the module's is a multiple of it."""

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    """Returns a new optimizer.

    A run calls this once for each rate at which variables move.

    Args:
      learning_rate: float32 scalar; `self.learning_rate` at the current step,
        times the factor of the variables that move.
    """
