"""The train op: one step that moves module and head at their own rates."""

import functools
from collections.abc import Sequence

from hub_estimator.errors import UserError
from hub_estimator.optimizers.accumulation import accumulate
from hub_estimator.optimizers.averages import build_averages
from hub_estimator.optimizers.fine_tuning import FineTuning
from hub_estimator.optimizers.interface import LearningRate, Optimizer
from hub_estimator.optimizers.updates import GradientAndVariable, move
from hub_estimator.tensorflow_runtime import tf

# Marks the error of a step whose loss or gradient is NaN or infinite. The step,
# the loss and the gradients' norm follow it.
NOT_FINITE = "hub_estimator: not finite"

# Collection of the graph's learning rate if that is a number. A tuple as the key
# keeps it out of exported graphs.
LEARNING_RATE = ("hub_estimator_learning_rate",)


def build_train_op(
  optimizer: Optimizer,
  fine_tuning: FineTuning,
  *,
  loss: tf.Tensor,
  module_variables: Sequence[tf.Variable],
  head_variables: Sequence[tf.Variable],
  update_ops: Sequence[tf.Operation],
  rate_scale: float = 1.0,
  max_steps: int | None = None,
  colocate_gradients: bool = False,
) -> tf.Operation:
  """Adds the ops of one training step and returns the last of them.

  A loss or gradient that isn't finite stops the run before it reaches any
  variable, step or checkpoint. Update ops run before variables move.

  Args:
    optimizer: its learning rate is the head's.
    fine_tuning: how the module moves.
    loss: float32 scalar, regularization included.
    module_variables: the modules' trainable variables; empty if all are frozen.
    head_variables: all other trained variables.
    update_ops: of the applied signatures.
    rate_scale: multiplies the optimizer's learning rate.
    max_steps: the step that applies the rest of accumulated gradients, or None.
    colocate_gradients: whether each gradient is computed on its op's device.

  Raises:
    UserError: the loss depends on no variable, or a layer has none.
  """
  step = tf.train.get_or_create_global_step()
  rate = _build_rate(optimizer.learning_rate, step, rate_scale)
  variables = [*module_variables, *head_variables]
  pairs = _build_gradients(loss, variables, colocate_gradients)
  _summarize(rate, fine_tuning if module_variables else None)
  finite = assert_finite(loss, [g for g, _ in pairs], step)

  move_by = functools.partial(
    move,
    optimizer=optimizer,
    fine_tuning=fine_tuning,
    rate=rate,
    step=step,
    module_variables=module_variables,
  )

  batches, decay = fine_tuning.accumulate_batches, fine_tuning.average_decay
  with tf.control_dependencies([finite, *update_ops]):
    if batches == 1:
      done = move_by(pairs)
    else:
      done = accumulate(
        pairs, move_by, batches=batches, step=step, max_steps=max_steps
      )
  if decay is not None:
    with tf.control_dependencies(done):
      done = [build_averages(variables, decay, step)]
  with tf.control_dependencies(done):
    return tf.assign_add(step, 1, name="train_op").op


def _build_rate(
  rate: LearningRate, step: tf.Variable, scale: float
) -> tf.Tensor:
  if callable(rate):
    tensor = rate(step)
  else:
    # Outside of a loop of steps, so that it can be fed.
    with tf.init_scope():
      tensor = tf.constant(rate, tf.float32)
    tf.add_to_collection(LEARNING_RATE, tensor)
  return tensor if scale == 1 else tensor * scale


def _build_gradients(
  loss: tf.Tensor, variables: Sequence[tf.Variable], colocate: bool
) -> list[GradientAndVariable]:
  gradients = tf.gradients(
    loss, variables, colocate_gradients_with_ops=colocate
  )
  pairs = [
    (g, v) for g, v in zip(gradients, variables, strict=True) if g is not None
  ]
  if not pairs:
    raise UserError("The loss depends on no trainable variable.")
  return pairs


def _summarize(rate: tf.Tensor, module: FineTuning | None) -> None:
  with tf.name_scope(None):  # Heads build the train op in a scope of their own.
    tf.summary.scalar("learning_rate/head", rate)
    if module is not None:
      tf.summary.scalar(
        "learning_rate/module", rate * module.module_rate_multiplier
      )


def assert_finite(
  loss: tf.Tensor, gradients: Sequence[tf.Tensor], step: tf.Variable
) -> tf.Operation:
  """Returns an op that fails if a loss or gradient is NaN or infinite.

  Args:
    loss: float32 scalar.
    gradients: of any shapes.
    step: of training, for the message.
  """
  norm = tf.global_norm(gradients)
  return tf.debugging.Assert(
    tf.math.is_finite(loss) & tf.math.is_finite(norm),
    [NOT_FINITE, step, loss, norm],
    name="finite",
  )
