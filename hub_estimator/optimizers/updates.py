"""Updates of variables: gradients clipped, then applied at each one's own rate."""

import re
from collections.abc import Sequence

from hub_estimator.errors import UserError
from hub_estimator.optimizers.fine_tuning import FineTuning
from hub_estimator.optimizers.interface import Optimizer
from hub_estimator.tensorflow_runtime import tf

GradientAndVariable = tuple[tf.Tensor, tf.Variable]


def move(
  pairs: Sequence[GradientAndVariable],
  optimizer: Optimizer,
  fine_tuning: FineTuning,
  *,
  rate: tf.Tensor,
  step: tf.Variable,
  module_variables: Sequence[tf.Variable],
) -> list[tf.Operation]:
  """Returns the ops that move variables, each at its own rate.

  Args:
    pairs: gradients and their variables.
    optimizer: builds what applies the gradients.
    fine_tuning: how the module's variables move.
    rate: the head's learning rate.
    step: the global step.
    module_variables: those of `pairs`, and perhaps more, that are the modules'.

  Raises:
    UserError: a layer has no variable.
  """
  groups = _group_by_pace(
    _clip(pairs, fine_tuning), fine_tuning, module_variables
  )
  # One optimizer per rate: scaling gradients instead would change nothing under
  # Adam, which divides by their size.
  return [
    _apply(
      optimizer.build(rate if factor == 1 else rate * factor),
      group,
      step,
      frozen_steps,
    )
    for (factor, frozen_steps), group in groups.items()
  ]


def _clip(
  pairs: Sequence[GradientAndVariable], fine_tuning: FineTuning
) -> list[GradientAndVariable]:
  gradients = [g for g, _ in pairs]
  if fine_tuning.clip_value is not None:
    bound = fine_tuning.clip_value
    gradients = [tf.clip_by_value(g, -bound, bound) for g in gradients]
  if fine_tuning.clip_norm is not None:
    gradients, _ = tf.clip_by_global_norm(gradients, fine_tuning.clip_norm)
  return [(g, v) for g, (_, v) in zip(gradients, pairs, strict=True)]


def _group_by_pace(
  pairs: Sequence[GradientAndVariable],
  fine_tuning: FineTuning,
  module_variables: Sequence[tf.Variable],
) -> dict[tuple[float, int], list[GradientAndVariable]]:
  """Returns pairs by (factor of the rate, frozen steps), without those at 0."""
  _check_layers(fine_tuning, [v.op.name for v in module_variables])
  of_module = {id(v) for v in module_variables}
  groups: dict[tuple[float, int], list[GradientAndVariable]] = {}
  for gradient, variable in pairs:
    pace = 1.0, 0
    if id(variable) in of_module:
      pace = fine_tuning.pace(variable.op.name)
    if pace[0]:
      groups.setdefault(pace, []).append((gradient, variable))
  return groups


def _check_layers(fine_tuning: FineTuning, names: Sequence[str]) -> None:
  for pattern in fine_tuning.layers:
    if not any(re.search(pattern, name) for name in names):
      raise UserError(
        f"fine_tuning.layers has {pattern!r}, which matches no trained variable "
        f"of the module: {', '.join(names[:10]) or 'there are none'}."
      )


def _apply(
  optimizer: tf.train.Optimizer,
  pairs: Sequence[GradientAndVariable],
  step: tf.Variable,
  frozen_steps: int,
) -> tf.Operation:
  if not frozen_steps:
    return optimizer.apply_gradients(pairs)

  def apply() -> tf.Tensor:
    with tf.control_dependencies([optimizer.apply_gradients(pairs)]):
      return tf.constant(True)

  return tf.cond(step >= frozen_steps, apply, lambda: tf.constant(False))
