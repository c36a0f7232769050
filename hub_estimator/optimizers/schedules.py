"""Schedules: learning rates that depend on the step.

Each takes the global step, an int64 scalar tensor, and returns a float32
scalar tensor. In gin, pass them without a call:
`adam.learning_rate = @schedules.cosine`.
"""

import math
from collections.abc import Sequence

import gin

from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import tf


@gin.register("constant", module="schedules")
def constant(
  step: tf.Tensor, *, rate: float, warm_up_steps: int = 0
) -> tf.Tensor:
  """Returns `rate`, after a linear warm-up.

  Args:
    step: the global step.
    rate: the learning rate after the warm-up.
    warm_up_steps: steps in which the rate rises linearly to the schedule's; 0
      starts without a warm-up.
  """
  return _warm_up(step, tf.constant(rate, tf.float32), warm_up_steps)


@gin.register("piecewise", module="schedules")
def piecewise(
  step: tf.Tensor,
  *,
  boundaries: Sequence[int],
  rates: Sequence[float],
  warm_up_steps: int = 0,
) -> tf.Tensor:
  """Returns `rates[i]` before step `boundaries[i]`, and then the next rate.

  Args:
    step: the global step.
    boundaries: increasing steps at which the rate changes.
    rates: learning rates, one more than there are boundaries.
    warm_up_steps: steps in which the rate rises linearly to the schedule's; 0
      starts without a warm-up.

  Raises:
    UserError: the number of rates isn't the number of boundaries plus 1.
  """
  if len(rates) != len(boundaries) + 1:
    raise UserError(
      f"schedules.piecewise has {len(boundaries)} boundaries and {len(rates)} "
      f"rates; it needs {len(boundaries) + 1} rates."
    )
  rate = tf.constant(rates[0], tf.float32)
  for boundary, following in zip(boundaries, rates[1:], strict=True):
    rate = tf.where(step >= boundary, tf.constant(following, tf.float32), rate)
  return _warm_up(step, rate, warm_up_steps)


@gin.register("polynomial", module="schedules")
def polynomial(
  step: tf.Tensor,
  *,
  rate: float,
  decay_steps: int,
  final: float = 0.0,
  power: float = 1.0,
  restart: bool = False,
  warm_up_steps: int = 0,
) -> tf.Tensor:
  """Returns `final + (rate - final) * (1 - step / decay_steps) ** power`.

  Args:
    step: the global step.
    rate: the learning rate before any decay.
    decay_steps: steps until the rate is `final`.
    final: the last learning rate.
    power: 1 decays linearly.
    restart: whether the decay starts again every `decay_steps`; if not, the
      rate stays `final`.
    warm_up_steps: steps in which the rate rises linearly to the schedule's; 0
      starts without a warm-up.

  Raises:
    UserError: `decay_steps` isn't above 0.
  """
  done = _share_done(step, decay_steps, restart)
  decayed = final + (rate - final) * tf.pow(1.0 - done, power)
  return _warm_up(step, decayed, warm_up_steps)


@gin.register("cosine", module="schedules")
def cosine(
  step: tf.Tensor,
  *,
  rate: float,
  decay_steps: int,
  final: float = 0.0,
  restart: bool = False,
  warm_up_steps: int = 0,
) -> tf.Tensor:
  """Returns half a cosine from `rate` to `final` over `decay_steps`.

  Source: SGDR, arXiv:1608.03983.

  Args:
    step: the global step.
    rate: the learning rate before any decay.
    decay_steps: steps until the rate is `final`.
    final: the last learning rate.
    restart: whether the decay starts again every `decay_steps`; if not, the
      rate stays `final`.
    warm_up_steps: steps in which the rate rises linearly to the schedule's; 0
      starts without a warm-up.

  Raises:
    UserError: `decay_steps` isn't above 0.
  """
  done = _share_done(step, decay_steps, restart)
  decayed = final + (rate - final) * 0.5 * (1.0 + tf.cos(math.pi * done))
  return _warm_up(step, decayed, warm_up_steps)


@gin.register("exponential", module="schedules")
def exponential(
  step: tf.Tensor,
  *,
  rate: float,
  decay_steps: int,
  decay: float,
  restart_steps: int | None = None,
  warm_up_steps: int = 0,
) -> tf.Tensor:
  """Returns `rate * decay ** (step / decay_steps)`.

  Args:
    step: the global step.
    rate: the learning rate before any decay.
    decay_steps: steps in which the rate shrinks once by `decay`.
    decay: the factor.
    restart_steps: steps after which the decay starts again; None never starts
      again.
    warm_up_steps: steps in which the rate rises linearly to the schedule's; 0
      starts without a warm-up.

  Raises:
    UserError: `decay_steps` isn't above 0.
  """
  since = step if restart_steps is None else step % restart_steps
  _check_decay_steps(decay_steps)
  exponent = tf.cast(since, tf.float32) / float(decay_steps)
  return _warm_up(step, rate * tf.pow(decay, exponent), warm_up_steps)


def _warm_up(step: tf.Tensor, rate: tf.Tensor, warm_up_steps: int) -> tf.Tensor:
  if not warm_up_steps:
    return rate
  share = (tf.cast(step, tf.float32) + 1.0) / float(warm_up_steps)
  return rate * tf.minimum(1.0, share)


def _share_done(step: tf.Tensor, decay_steps: int, restart: bool) -> tf.Tensor:
  _check_decay_steps(decay_steps)
  in_cycle = step % decay_steps if restart else tf.minimum(step, decay_steps)
  return tf.cast(in_cycle, tf.float32) / float(decay_steps)


def _check_decay_steps(decay_steps: float) -> None:
  if not isinstance(decay_steps, int | float) or not decay_steps > 0:
    raise UserError(
      f"decay_steps is {decay_steps!r}; it must be a number above 0."
    )
