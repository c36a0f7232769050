"""Optimizers, and the train op that moves module and head at their own rates.

Optimizers are TensorFlow 1's: they are the ones that Estimator's heads take
through `train_op_fn` on every supported TensorFlow.
"""

import dataclasses
import re
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


@gin.register("adamw", module="optimizers")
@dataclasses.dataclass(frozen=True)
class AdamW:
  """Adam with decoupled weight decay, arXiv:1711.05101.

  Attributes:
    learning_rate: a number, or a schedule.
    weight_decay: share of each matrix that a step at rate 1 takes away; biases
      and scales, of less than two dimensions, don't decay.
  """

  learning_rate: LearningRate = 0.001
  weight_decay: float = 0.01
  beta1: float = 0.9
  beta2: float = 0.999
  epsilon: float = 1e-8

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    return _DecayingAdam(
      learning_rate, self.weight_decay, self.beta1, self.beta2, self.epsilon
    )


class _DecayingAdam(tf.train.AdamOptimizer):
  def __init__(self, learning_rate, weight_decay, *betas_and_epsilon):
    super().__init__(learning_rate, *betas_and_epsilon)
    self._decay = learning_rate * weight_decay

  def apply_gradients(self, grads_and_vars, global_step=None, name=None):
    pairs = list(grads_and_vars)
    decays = [
      v.assign_sub(self._decay * v.value(), read_value=False)
      for _, v in pairs
      if v.shape.rank > 1
    ]
    with tf.control_dependencies(decays):
      return super().apply_gradients(pairs, global_step, name)


@gin.register("ftrl", module="optimizers")
@dataclasses.dataclass(frozen=True)
class FTRL:
  """Follow the regularized leader; for sparse linear tops.

  It has no L1 or L2 strengths of its own on purpose: they wouldn't be exported
  with the module; use regularization losses.
  """

  learning_rate: LearningRate = 0.05

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    return tf.train.FtrlOptimizer(learning_rate)


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
    rate_groups: [("regex", factor), …]: the first regex that is found in a
      module variable's name multiplies its rate further; 0 freezes it. Layer-wise
      rates are a factor a layer, gradual ones of the same run a 0 for those that
      shall rest.
    freeze_module_steps: steps at the start in which only the head moves; the
      module's trainable variables and optimizer slots rest, its batch-norm
      statistics follow the data as always.
    clip_norm: None, or the largest norm of all gradients together; larger ones
      are scaled down to it.
    clip_value: None, or the largest absolute value of a gradient's element; cut
      before the norm is taken.
    regularization_scale: weight of the module's and the top's regularization
      losses in the training loss.
    average_decay: None, or the decay of an exponential moving average of all
      trained variables, 0.999 say, which evaluation, prediction and export use
      in place of the last values. Early on it is min(decay, (1 + steps) / (10 +
      steps)), so that a short run isn't held at its start.
  """

  module_rate_multiplier: float = 0.1
  rate_groups: Sequence[tuple[str, float]] = ()
  freeze_module_steps: int = 0
  clip_norm: float | None = None
  clip_value: float | None = None
  regularization_scale: float = 1.0
  average_decay: float | None = None

  def __post_init__(self):
    if self.module_rate_multiplier <= 0:
      raise UserError(
        "fine_tuning.module_rate_multiplier is "
        f"{self.module_rate_multiplier}; to freeze the module set "
        "module.trainable = False."
      )
    for pattern, factor in self.rate_groups:
      try:
        re.compile(pattern)
      except re.error as error:
        raise UserError(
          f"fine_tuning.rate_groups: {pattern!r} isn't a regex: {error}."
        ) from error
      if factor < 0:
        raise UserError(
          f"fine_tuning.rate_groups: the factor of {pattern!r} is {factor}; it "
          "is at least 0."
        )
    for name in ("clip_norm", "clip_value"):
      if getattr(self, name) is not None and getattr(self, name) <= 0:
        raise UserError(
          f"fine_tuning.{name} is {getattr(self, name)}; it is above 0, or None."
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

  with tf.name_scope(None):  # Heads call this in a scope of their own.
    tf.summary.scalar("learning_rate/head", rate)
    if module_variables:
      tf.summary.scalar(
        "learning_rate/module", rate * fine_tuning.module_rate_multiplier
      )
  finite = _assert_finite(loss, [g for g, _ in moved], step)
  groups = _rate_groups(
    fine_tuning, _clip(fine_tuning, moved), module_variables
  )
  with tf.control_dependencies([finite, *update_ops]):
    # One optimizer for each rate: scaling gradients instead would change
    # nothing under Adam, which divides by their size.
    applied = [
      _apply(
        optimizer.build(rate if factor == 1 else rate * factor),
        pairs,
        step,
        rest,
      )
      for (factor, rest), pairs in groups.items()
    ]
  if fine_tuning.average_decay is not None:
    average = tf.train.ExponentialMovingAverage(
      fine_tuning.average_decay, num_updates=step
    )
    with tf.control_dependencies(applied), tf.name_scope(None):
      applied = [average.apply(variables)]
  with tf.control_dependencies(applied):
    return tf.assign_add(step, 1, name="train_op").op


def _clip(fine_tuning, gradients_and_variables):
  gradients = [g for g, _ in gradients_and_variables]
  if fine_tuning.clip_value is not None:
    bound = fine_tuning.clip_value
    gradients = [tf.clip_by_value(g, -bound, bound) for g in gradients]
  if fine_tuning.clip_norm is not None:
    gradients, _ = tf.clip_by_global_norm(gradients, fine_tuning.clip_norm)
  return [
    (g, v) for g, (_, v) in zip(gradients, gradients_and_variables, strict=True)
  ]


def _rate_groups(fine_tuning, gradients_and_variables, module_variables):
  """Returns (gradient, variable) pairs by (factor of the rate, resting steps)."""
  of_module = {id(v) for v in module_variables}
  groups = {}
  for gradient, variable in gradients_and_variables:
    factor, rest = 1.0, 0
    if id(variable) in of_module:
      factor = fine_tuning.module_rate_multiplier
      rest = fine_tuning.freeze_module_steps
      for pattern, group_factor in fine_tuning.rate_groups:
        if re.search(pattern, variable.op.name):
          factor *= group_factor
          break
    if factor:
      groups.setdefault((factor, rest), []).append((gradient, variable))
  return groups


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
