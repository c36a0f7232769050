"""The optimizers that TensorFlow has."""

import dataclasses

import gin

from hub_estimator.optimizers.interface import LearningRate
from hub_estimator.tensorflow_runtime import tf


@gin.register("sgd", module="optimizers")
@dataclasses.dataclass(frozen=True)
class SGD:
  """Gradient descent, with or without momentum.

  Attributes:
    learning_rate: a number, or a schedule.
    momentum: share of the previous step that is added to the next one; 0 keeps
      no momentum.
    nesterov: whether momentum is Nesterov's.
  """

  learning_rate: LearningRate = 0.01
  momentum: float = 0.0
  nesterov: bool = False

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    """Returns a `GradientDescentOptimizer` or a `MomentumOptimizer`."""
    if not self.momentum:
      return tf.train.GradientDescentOptimizer(learning_rate)
    return tf.train.MomentumOptimizer(
      learning_rate, self.momentum, use_nesterov=self.nesterov
    )


@gin.register("adam", module="optimizers")
@dataclasses.dataclass(frozen=True)
class Adam:
  """Adam, arXiv:1412.6980, with TensorFlow's default constants.

  Attributes:
    learning_rate: a number, or a schedule.
    beta1: decay of the gradients' mean.
    beta2: decay of the squared gradients' mean.
    epsilon: added to the denominator, against division by zero.
  """

  learning_rate: LearningRate = 0.001
  beta1: float = 0.9
  beta2: float = 0.999
  epsilon: float = 1e-8

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    """Returns an `AdamOptimizer`."""
    return tf.train.AdamOptimizer(
      learning_rate, self.beta1, self.beta2, self.epsilon
    )


@gin.register("ftrl", module="optimizers")
@dataclasses.dataclass(frozen=True)
class FTRL:
  """Follow the regularized leader, for sparse linear tops.

  It has no L1 or L2 strengths of its own on purpose: they would not be exported
  with the module. Use regularization losses instead.

  Attributes:
    learning_rate: a number, or a schedule.
  """

  learning_rate: LearningRate = 0.05

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    """Returns an `FtrlOptimizer`."""
    return tf.train.FtrlOptimizer(learning_rate)


@gin.register("adagrad", module="optimizers")
@dataclasses.dataclass(frozen=True)
class Adagrad:
  """Adagrad, JMLR 12 (2011) 2121; suits sparse text embeddings.

  Attributes:
    learning_rate: a number, or a schedule.
    initial_accumulator: the sum of squared gradients before the first step.
  """

  learning_rate: LearningRate = 0.05
  initial_accumulator: float = 0.1

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    """Returns an `AdagradOptimizer`."""
    return tf.train.AdagradOptimizer(learning_rate, self.initial_accumulator)


@gin.register("rmsprop", module="optimizers")
@dataclasses.dataclass(frozen=True)
class RMSProp:
  """RMSProp with TensorFlow's default constants.

  Attributes:
    learning_rate: a number, or a schedule.
    decay: of the squared gradients' mean.
    momentum: share of the previous step that is added to the next one.
    epsilon: added to the denominator, against division by zero.
  """

  learning_rate: LearningRate = 0.001
  decay: float = 0.9
  momentum: float = 0.0
  epsilon: float = 1e-10

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    """Returns an `RMSPropOptimizer`."""
    return tf.train.RMSPropOptimizer(
      learning_rate, self.decay, self.momentum, self.epsilon
    )
