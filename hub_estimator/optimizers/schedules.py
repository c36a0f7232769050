"""Learning rates over steps.

Each takes the global step, an int64 scalar tensor, and returns a float32
scalar tensor. In gin they are passed uncalled:
`adam.learning_rate = @schedules.cosine`.
"""

import math
from collections.abc import Sequence

import gin

from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import tf


def _warm_up(step, rate, warm_up_steps):
  if not warm_up_steps:
    return rate
  share = (tf.cast(step, tf.float32) + 1.0) / float(warm_up_steps)
  return rate * tf.minimum(1.0, share)


def _check_decay_steps(decay_steps) -> None:
  if not isinstance(decay_steps, int | float) or not decay_steps > 0:
    raise UserError(f"decay_steps is {decay_steps!r}; it is a number above 0.")


def _share_done(step, decay_steps, restart):
  _check_decay_steps(decay_steps)
  in_cycle = step % decay_steps if restart else tf.minimum(step, decay_steps)
  return tf.cast(in_cycle, tf.float32) / float(decay_steps)


@gin.register("constant", module="schedules")
def constant(step, *, rate: float, warm_up_steps: int = 0):
  """Returns `rate`, after a linear warm-up."""
  return _warm_up(step, tf.constant(rate, tf.float32), warm_up_steps)


@gin.register("piecewise", module="schedules")
def piecewise(
  step,
  *,
  boundaries: Sequence[int],
  rates: Sequence[float],
  warm_up_steps: int = 0,
):
  """Returns `rates[i]` up to step `boundaries[i]`, then the next.

  Args:
    step: the global step.
    boundaries: steps, increasing.
    rates: one more than boundaries.
    warm_up_steps: steps of a linear start.

  Raises:
    UserError: there isn't one rate more than boundaries.
  """
  if len(rates) != len(boundaries) + 1:
    raise UserError(
      f"schedules.piecewise has {len(boundaries)} boundaries and {len(rates)} "
      "rates; there is one rate more."
    )
  rate = tf.constant(rates[0], tf.float32)
  for boundary, following in zip(boundaries, rates[1:], strict=True):
    rate = tf.where(step >= boundary, tf.constant(following, tf.float32), rate)
  return _warm_up(step, rate, warm_up_steps)


@gin.register("polynomial", module="schedules")
def polynomial(
  step,
  *,
  rate: float,
  decay_steps: int,
  final: float = 0.0,
  power: float = 1.0,
  restart: bool = False,
  warm_up_steps: int = 0,
):
  """Returns `final + (rate - final) * (1 - step / decay_steps) ** power`.

  With `restart` it starts again every `decay_steps`.
  """
  done = _share_done(step, decay_steps, restart)
  rate = final + (rate - final) * tf.pow(1.0 - done, power)
  return _warm_up(step, rate, warm_up_steps)


@gin.register("cosine", module="schedules")
def cosine(
  step,
  *,
  rate: float,
  decay_steps: int,
  final: float = 0.0,
  restart: bool = False,
  warm_up_steps: int = 0,
):
  """Returns half a cosine from `rate` to `final` over `decay_steps`.

  With `restart` it starts again every `decay_steps`. Source: SGDR,
  arXiv:1608.03983.
  """
  done = _share_done(step, decay_steps, restart)
  rate = final + (rate - final) * 0.5 * (1.0 + tf.cos(math.pi * done))
  return _warm_up(step, rate, warm_up_steps)


@gin.register("exponential", module="schedules")
def exponential(
  step,
  *,
  rate: float,
  decay_steps: int,
  decay: float,
  restart_steps: int | None = None,
  warm_up_steps: int = 0,
):
  """Returns `rate * decay ** (step / decay_steps)`.

  With `restart_steps` it starts again every so many steps.
  """
  since = step if restart_steps is None else step % restart_steps
  _check_decay_steps(decay_steps)
  exponent = tf.cast(since, tf.float32) / float(decay_steps)
  return _warm_up(step, rate * tf.pow(decay, exponent), warm_up_steps)
