"""Regularization losses of modules and top."""

from collections.abc import Sequence

from hub_estimator.modules import PlacedModule
from hub_estimator.optimizers import FineTuning
from hub_estimator.tensorflow_runtime import tf


def build_losses(
  fine_tuning: FineTuning,
  placed: Sequence[PlacedModule],
  top_losses: Sequence[tf.Tensor],
  *,
  training: bool,
) -> list[tf.Tensor]:
  """Adds the ops of all regularization losses and returns their scalars.

  Args:
    fine_tuning: weighs the losses.
    placed: the modules in the graph.
    top_losses: scalars.
    training: whether L2-SP, the distance from pretrained values, is a loss.
  """
  scale = fine_tuning.regularization_scale
  module_losses = [loss for p in placed for loss in p.regularization_losses]
  losses = [scale * loss for loss in (*module_losses, *top_losses)]
  if training and fine_tuning.l2_sp:
    losses.append(fine_tuning.l2_sp * _build_l2_sp(placed))
  return losses


def _build_l2_sp(placed: Sequence[PlacedModule]) -> tf.Tensor:
  """Returns half the squared distance of modules from their pretrained values.

  The pretrained values are kept as variables: as constants they would count
  toward the limit of 2 GB per graph, and a resumed run must not take the
  trained values for them.
  """
  distances = [tf.constant(0.0)]
  for variable in [v for p in placed for v in p.trainable_variables]:
    pretrained = tf.get_variable(
      f"pretrained/{variable.op.name}",
      initializer=variable.initial_value,
      trainable=False,
      use_resource=True,
    )
    distances.append(tf.nn.l2_loss(variable - pretrained))
  return tf.add_n(distances)
