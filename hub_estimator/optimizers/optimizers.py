"""Optimizers, and the train op that moves module and head at their own rates.

Optimizers are TensorFlow 1's: they are the ones that Estimator's heads take
through `train_op_fn` on every supported TensorFlow.
"""

import dataclasses
import re
from collections.abc import Callable, Sequence
from typing import Any

import gin

from hub_estimator.errors import UserError, check_regex
from hub_estimator.tensorflow_runtime import tf

# Marks the error of a step whose loss or gradient is NaN or infinite; the step,
# the loss and the gradients' norm follow it.
NOT_FINITE = "hub_estimator: not finite"

# Holds the rate of the graph's optimizer where it is a number. A tuple as key keeps it
# out of exported graphs.
LEARNING_RATE = ("hub_estimator_learning_rate",)

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


@gin.register("lars", module="optimizers")
@dataclasses.dataclass(frozen=True)
class LARS:
  """Momentum with a rate for each matrix, for large batches, arXiv:1708.03888.

  Attributes:
    learning_rate: a number, or a schedule; layers share it times their own
      `trust * |weights| / (|gradient| + weight_decay * |weights|)`. Biases and
      scales, of less than two dimensions, take it as it is and don't decay.
    momentum: of the steps.
    weight_decay: L2 weight, in the step and in the ratio.
    trust: the ratio's coefficient; 0.001 is the paper's.
  """

  learning_rate: LearningRate = 1.0
  momentum: float = 0.9
  weight_decay: float = 1e-4
  trust: float = 0.001

  def build(self, learning_rate: tf.Tensor) -> tf.train.Optimizer:
    return _LayerwiseMomentum(
      learning_rate, self.momentum, self.weight_decay, self.trust
    )


class _LayerwiseMomentum(tf.train.MomentumOptimizer):
  def __init__(self, learning_rate, momentum, weight_decay, trust):
    super().__init__(learning_rate, momentum)
    self._decay = weight_decay
    self._trust = trust

  def apply_gradients(self, grads_and_vars, global_step=None, name=None):
    pairs = [(self._scaled(g, v), v) for g, v in grads_and_vars]
    return super().apply_gradients(pairs, global_step, name)

  def _scaled(self, gradient, variable):
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


def is_known(optimizer) -> bool:
  """Returns whether an optimizer is one of this package's."""
  return type(optimizer).__module__ == __name__


def without_rate(optimizer) -> Any:
  """Returns what an optimizer's graph is made of, beside a rate that is a number."""
  fields = dict(getattr(optimizer, "__dict__", {}))
  if not isinstance(fields.get("learning_rate"), float):
    return optimizer
  return type(optimizer), {**fields, "learning_rate": None}


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
      module variable's name multiplies its rate further; 0 freezes it.
    layers: regexes of module variables' names, from the layer nearest the head
      to the one nearest the input; the first that is found decides. Variables
      that none matches move as the first layer does.
    layer_decay: the rate of each layer over that of the one before it in
      `layers`, 0.65 to 0.95 say (arXiv:1801.06146).
    unfreeze_every_steps: each layer rests this much longer than the one before
      it in `layers`: gradual unfreezing, same source.
    freeze_module_steps: steps at the start in which only the head moves; the
      module's trainable variables and optimizer slots rest, its batch-norm
      statistics follow the data as always.
    clip_norm: None, or the largest norm of all gradients together; larger ones
      are scaled down to it.
    clip_value: None, or the largest absolute value of a gradient's element; cut
      before the norm is taken.
    accumulate_batches: variables move at every so many steps only, by the mean
      of the gradients since: a large batch in little memory. A step stays one
      batch, in schedules and `run.max_steps` too.
    l2_sp: weight of half the squared distance of the module's trained variables
      from where they started, added to the loss: "L2-SP", arXiv:1802.01483.
      Not scaled by `regularization_scale`.
    regularization_scale: weight of the module's and the top's regularization
      losses in the training loss.
    average_decay: None, or the decay of an exponential moving average of all
      trained variables, 0.999 say, which evaluation, prediction and export use
      in place of the last values. Early on it is min(decay, (1 + steps) / (10 +
      steps)), so that a short run isn't held at its start.
  """

  module_rate_multiplier: float = 0.1
  rate_groups: Sequence[tuple[str, float]] = ()
  layers: Sequence[str] = ()
  layer_decay: float = 1.0
  unfreeze_every_steps: int = 0
  freeze_module_steps: int = 0
  clip_norm: float | None = None
  clip_value: float | None = None
  accumulate_batches: int = 1
  l2_sp: float = 0.0
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
      check_regex(pattern, "fine_tuning.rate_groups")
      if factor < 0:
        raise UserError(
          f"fine_tuning.rate_groups: the factor of {pattern!r} is {factor}; it "
          "is at least 0."
        )
    if isinstance(self.layers, str):
      raise UserError(
        f"fine_tuning.layers is a list of regexes: write [{self.layers!r}]."
      )
    for pattern in self.layers:
      check_regex(pattern, "fine_tuning.layers")
    if not self.layers and (self.layer_decay != 1 or self.unfreeze_every_steps):
      raise UserError(
        "fine_tuning.layer_decay and unfreeze_every_steps need fine_tuning.layers."
      )
    for name, least in (
      ("layer_decay", 0),
      ("unfreeze_every_steps", 0),
      ("freeze_module_steps", 0),
      ("accumulate_batches", 1),
      ("l2_sp", 0),
      ("regularization_scale", 0),
    ):
      if getattr(self, name) < least:
        raise UserError(
          f"fine_tuning.{name} is {getattr(self, name)}; it is at least {least}."
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
  rate_scale: float = 1.0,
  colocate_gradients: bool = False,
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
    rate_scale: of the optimizer's learning rate.
    colocate_gradients: whether each gradient is computed on its op's device.

  Raises:
    UserError: the loss depends on no variable, or a layer has none.
  """
  step = tf.train.get_or_create_global_step()
  rate = optimizer.learning_rate
  if callable(rate):
    rate = rate(step)
  else:
    with tf.init_scope():  # Where it can be fed, if steps are a loop.
      rate = tf.constant(rate, tf.float32)
    tf.add_to_collection(LEARNING_RATE, rate)
  if rate_scale != 1:
    rate *= rate_scale
  variables = [*module_variables, *head_variables]
  gradients = tf.gradients(
    loss, variables, colocate_gradients_with_ops=colocate_gradients
  )
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
  with tf.control_dependencies([finite, *update_ops]):
    if fine_tuning.accumulate_batches == 1:
      applied = _move(
        optimizer, fine_tuning, moved, rate, step, module_variables
      )
    else:
      applied = _accumulate(
        optimizer, fine_tuning, moved, rate, step, module_variables
      )
  if fine_tuning.average_decay is not None:
    average = tf.train.ExponentialMovingAverage(
      fine_tuning.average_decay, num_updates=step
    )
    with tf.control_dependencies(applied), tf.name_scope(None):
      applied = [average.apply(variables)]
  with tf.control_dependencies(applied):
    return tf.assign_add(step, 1, name="train_op").op


def _move(optimizer, fine_tuning, moved, rate, step, module_variables):
  """Returns the ops that move variables, each at its own rate."""
  groups = _rate_groups(
    fine_tuning, _clip(fine_tuning, moved), module_variables
  )
  # One optimizer for each rate: scaling gradients instead would change nothing
  # under Adam, which divides by their size.
  return [
    _apply(
      optimizer.build(rate if factor == 1 else rate * factor), pairs, step, rest
    )
    for (factor, rest), pairs in groups.items()
  ]


def _accumulate(optimizer, fine_tuning, moved, rate, step, module_variables):
  """Returns the op that sums gradients, and moves variables once in a while."""
  batches = fine_tuning.accumulate_batches
  with tf.name_scope(None), tf.variable_scope("accumulated"):
    sums = [
      tf.get_variable(
        v.op.name,
        v.shape,
        v.dtype.base_dtype,
        tf.zeros_initializer(),
        trainable=False,
        use_resource=True,
      )
      for _, v in moved
    ]
  added = [_add(total, g) for total, (g, _) in zip(sums, moved, strict=True)]

  def move():
    means = [
      (total.read_value() / batches, v)
      for total, (_, v) in zip(sums, moved, strict=True)
    ]
    applied = _move(optimizer, fine_tuning, means, rate, step, module_variables)
    with tf.control_dependencies(applied):
      emptied = [t.assign(tf.zeros_like(t), read_value=False) for t in sums]
    with tf.control_dependencies(emptied):
      return tf.constant(True)

  with tf.control_dependencies(added):
    return [
      tf.cond(
        tf.equal((step + 1) % batches, 0), move, lambda: tf.constant(False)
      )
    ]


def _add(total, gradient):
  if isinstance(gradient, tf.IndexedSlices):
    return total.scatter_add(gradient)
  return total.assign_add(gradient, read_value=False)


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
  names = [v.op.name for v in module_variables]
  for pattern in fine_tuning.layers:
    if not any(re.search(pattern, name) for name in names):
      raise UserError(
        f"fine_tuning.layers has {pattern!r}, and no trained variable of the "
        f"module matches: {', '.join(names[:10]) or 'there are none'}."
      )
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
      depth = next(
        (
          i
          for i, pattern in enumerate(fine_tuning.layers)
          if re.search(pattern, variable.op.name)
        ),
        0,
      )
      factor *= fine_tuning.layer_decay**depth
      rest += fine_tuning.unfreeze_every_steps * depth
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
