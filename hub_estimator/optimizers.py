"""Optimizers, and the train op that moves module and head at their own rates.

Optimizers are TensorFlow 1's: they are the ones that Estimator's heads take
through `train_op_fn` on every supported TensorFlow.
"""

import dataclasses
from collections.abc import Callable, Sequence

import gin

from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import tf

# Marks the error of a step whose loss or gradient is NaN or infinite; the step,
# the loss and the gradients' norm follow it.
NOT_FINITE = "hub_estimator: not finite"

LearningRate = float | Callable[[tf.Tensor], tf.Tensor]


@gin.register("sgd", module="optimizers")
@dataclasses.dataclass(frozen=True)
class SGD:
  """Plain gradient descent, or with momentum where that is above 0."""

  learning_rate: LearningRate = 0.01
  momentum: float = 0.0
  nesterov: bool = False

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    if not self.momentum:
      return tf.train.GradientDescentOptimizer(learning_rate)
    return tf.train.MomentumOptimizer(
      learning_rate, self.momentum, use_nesterov=self.nesterov
    )


@gin.register("adam", module="optimizers")
@dataclasses.dataclass(frozen=True)
class Adam:
  """Adam, arXiv:1412.6980, with TensorFlow's default constants."""

  learning_rate: LearningRate = 0.001
  beta1: float = 0.9
  beta2: float = 0.999
  epsilon: float = 1e-8

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    return tf.train.AdamOptimizer(
      learning_rate, self.beta1, self.beta2, self.epsilon
    )


@gin.register("adagrad", module="optimizers")
@dataclasses.dataclass(frozen=True)
class Adagrad:
  """Adagrad, JMLR 12 (2011) 2121; suits sparse text embeddings."""

  learning_rate: LearningRate = 0.05
  initial_accumulator: float = 0.1

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    return tf.train.AdagradOptimizer(learning_rate, self.initial_accumulator)


@gin.register("rmsprop", module="optimizers")
@dataclasses.dataclass(frozen=True)
class RMSProp:
  """RMSProp with TensorFlow's default constants."""

  learning_rate: LearningRate = 0.001
  decay: float = 0.9
  momentum: float = 0.0
  epsilon: float = 1e-10

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    return tf.train.RMSPropOptimizer(
      learning_rate, self.decay, self.momentum, self.epsilon
    )


def average_name(variable_name: str) -> str:
  """Returns the name under which a checkpoint holds a variable's average."""
  return f"{variable_name}/ExponentialMovingAverage"


@gin.register("fine_tuning", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class FineTuning:
  """How a trainable module moves beside its head.

  Attributes:
    module_rate_multiplier: the module's learning rate over the head's. Below 1,
      because what is pretrained needs small corrections while the head starts
      from nothing; at the head's rate the first steps, taken on a head that
      knows nothing yet, wash out what the module has learnt. 0.1 is the usual
      factor of discriminative fine-tuning (ULMFiT, arXiv:1801.06146, divides by
      2.6 for each of several layer groups).
    freeze_module_steps: steps at the start in which only the head moves; the
      module's trainable variables and optimizer slots rest, its batch-norm
      statistics follow the data as always.
    regularization_scale: weight of the module's and the top's regularization
      losses in the training loss.
    average_decay: None, or the decay of an exponential moving average of all
      trained variables, 0.999 say, which evaluation, prediction and export use
      in place of the last values. Early on it is min(decay, (1 + steps) / (10 +
      steps)), so that a short run isn't held at its start.
  """

  module_rate_multiplier: float = 0.1
  freeze_module_steps: int = 0
  regularization_scale: float = 1.0
  average_decay: float | None = None

  def __post_init__(self):
    if self.module_rate_multiplier <= 0:
      raise UserError(
        "fine_tuning.module_rate_multiplier is "
        f"{self.module_rate_multiplier}; to freeze the module set "
        "module.trainable = False."
      )
    if self.average_decay is not None and not 0 < self.average_decay < 1:
      raise UserError(
        f"fine_tuning.average_decay is {self.average_decay}; it lies between 0 "
        "and 1."
      )


def build_train_op(
  optimizer,
  fine_tuning: FineTuning,
  *,
  loss: tf.Tensor,
  module_variables: Sequence[tf.Variable],
  head_variables: Sequence[tf.Variable],
  update_ops: Sequence[tf.Operation],
) -> tf.Operation:
  """Adds the ops of one training step.

  A loss or gradient that isn't finite stops the run before any variable, the
  step or a checkpoint can take it in. Update ops run before variables move.

  Args:
    optimizer: one of this file's.
    fine_tuning: how the module moves.
    loss: scalar, regularization included.
    module_variables: trainable ones of the modules; empty where frozen.
    head_variables: all the others that are trained.
    update_ops: of the applied signatures.
  """
  step = tf.train.get_or_create_global_step()
  rate = optimizer.learning_rate
  rate = rate(step) if callable(rate) else tf.constant(rate, tf.float32)
  variables = [*module_variables, *head_variables]
  gradients = tf.gradients(loss, variables)
  moved = [
    (g, v) for g, v in zip(gradients, variables, strict=True) if g is not None
  ]
  if not moved:
    raise UserError("The loss depends on no trainable variable.")

  # One optimizer for each rate: scaling gradients instead would change nothing
  # under Adam, which divides by their size.
  module_ids = {id(v) for v in module_variables}
  module_rate = rate * fine_tuning.module_rate_multiplier
  frozen_steps = fine_tuning.freeze_module_steps
  with tf.name_scope(None):  # Heads call this in a scope of their own.
    tf.summary.scalar("learning_rate/head", rate)
    if module_variables:
      tf.summary.scalar("learning_rate/module", module_rate)
  if fine_tuning.module_rate_multiplier == 1 and not frozen_steps:
    groups = [(rate, moved, 0)]
  else:
    of_module = [(g, v) for g, v in moved if id(v) in module_ids]
    of_head = [(g, v) for g, v in moved if id(v) not in module_ids]
    groups = [(rate, of_head, 0), (module_rate, of_module, frozen_steps)]

  finite = _assert_finite(loss, [g for g, _ in moved], step)
  with tf.control_dependencies([finite, *update_ops]):
    applied = [
      _apply(optimizer.build(group_rate), pairs, step, steps)
      for group_rate, pairs, steps in groups
      if pairs
    ]
  if fine_tuning.average_decay is not None:
    average = tf.train.ExponentialMovingAverage(
      fine_tuning.average_decay, num_updates=step
    )
    with tf.control_dependencies(applied), tf.name_scope(None):
      applied = [average.apply(variables)]
  with tf.control_dependencies(applied):
    return tf.assign_add(step, 1, name="train_op").op


def _apply(optimizer, gradients_and_variables, step, frozen_steps):
  if not frozen_steps:
    return optimizer.apply_gradients(gradients_and_variables)

  def apply():
    with tf.control_dependencies(
      [optimizer.apply_gradients(gradients_and_variables)]
    ):
      return tf.constant(True)

  return tf.cond(step >= frozen_steps, apply, lambda: tf.constant(False))


def _assert_finite(loss, gradients, step):
  norm = tf.global_norm(gradients)
  return tf.debugging.Assert(
    tf.math.is_finite(loss) & tf.math.is_finite(norm),
    [NOT_FINITE, step, loss, norm],
    name="finite",
  )
