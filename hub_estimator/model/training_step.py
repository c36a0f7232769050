"""The training step of a model whose modules and optimizer are the run's."""

from collections.abc import Sequence
from typing import Any

from hub_estimator import optimizers
from hub_estimator.modules import PlacedModule
from hub_estimator.tensorflow_runtime import tf


def build_training_step(
  optimizer: optimizers.Optimizer,
  fine_tuning: optimizers.FineTuning,
  *,
  loss: tf.Tensor,
  losses: Sequence[tf.Tensor],
  placed: Sequence[PlacedModule],
  update_ops: Sequence[tf.Operation],
  **options: Any,
) -> tf.Operation:
  """Adds the training step, and its curves.

  Args:
    optimizer: one of `optimizers`.
    fine_tuning: how the modules move beside the other variables.
    loss: scalar, with the regularization losses in it.
    losses: the regularization losses, scalars.
    placed: the modules that move.
    update_ops: of their applications.
    **options: further ones of `optimizers.build_train_op`.
  """
  regularization = tf.add_n(losses) if losses else tf.constant(0.0)
  with tf.name_scope(None):  # Heads call this inside a scope of their own.
    tf.summary.scalar("loss/data", loss - regularization)
    tf.summary.scalar("loss/regularization", regularization)
  in_modules = [v for p in placed for v in p.trainable_variables]
  ids = {id(v) for v in in_modules}
  return optimizers.build_train_op(
    optimizer,
    fine_tuning,
    loss=loss,
    module_variables=in_modules,
    head_variables=[v for v in tf.trainable_variables() if id(v) not in ids],
    update_ops=update_ops,
    **options,
  )
