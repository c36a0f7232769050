"""Learning rates over steps.

Each takes the global step, an int64 scalar tensor, and returns a float32
scalar tensor. In gin they are passed uncalled:
`adam.learning_rate = @schedules.cosine`.
"""

import gin

from hub_estimator.tensorflow_runtime import tf


def _warm_up(step, rate, warm_up_steps):
  if not warm_up_steps:
    return rate
  share = (tf.cast(step, tf.float32) + 1.0) / float(warm_up_steps)
  return rate * tf.minimum(1.0, share)


@gin.register("constant", module="schedules")
def constant(step, *, rate: float, warm_up_steps: int = 0):
  """Returns `rate`, after a linear warm-up."""
  return _warm_up(step, tf.constant(rate, tf.float32), warm_up_steps)


@gin.register("cosine", module="schedules")
def cosine(
  step,
  *,
  rate: float,
  decay_steps: int,
  final: float = 0.0,
  warm_up_steps: int = 0,
):
  """Returns half a cosine from `rate` to `final` over `decay_steps`.

  Source: SGDR, arXiv:1608.03983, without restarts.
  """
  done = tf.cast(tf.minimum(step, decay_steps), tf.float32) / float(decay_steps)
  rate = final + (rate - final) * 0.5 * (1.0 + tf.cos(3.14159265358979 * done))
  return _warm_up(step, rate, warm_up_steps)


@gin.register("exponential", module="schedules")
def exponential(
  step, *, rate: float, decay_steps: int, decay: float, warm_up_steps: int = 0
):
  """Returns `rate * decay ** (step / decay_steps)`."""
  exponent = tf.cast(step, tf.float32) / float(decay_steps)
  return _warm_up(step, rate * tf.pow(decay, exponent), warm_up_steps)
