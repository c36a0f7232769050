"""Functions of `tf.contrib.layers` that are a few lines, with the same numbers."""

from collections.abc import Callable, Sequence
from typing import Any

from hub_estimator.scripts import gone
from hub_estimator.tensorflow_runtime import tf

# The deviation of a normal distribution of deviation 1 that is cut at 2.
_CUT = 0.87962566103423978
_OPTIMIZERS = {
  "Adagrad": tf.train.AdagradOptimizer,
  "Adam": tf.train.AdamOptimizer,
  "Ftrl": tf.train.FtrlOptimizer,
  "Momentum": lambda rate: tf.train.MomentumOptimizer(rate, momentum=0.9),
  "RMSProp": tf.train.RMSPropOptimizer,
  "SGD": tf.train.GradientDescentOptimizer,
}


def xavier_initializer(
  uniform: bool = True, seed: int | None = None, dtype: Any = tf.float32
) -> Any:
  """Returns an initializer with the mean of the widths of input and output."""
  return variance_scaling_initializer(1.0, "FAN_AVG", uniform, seed, dtype)


def variance_scaling_initializer(
  factor: float = 2.0,
  mode: str = "FAN_IN",
  uniform: bool = False,
  seed: int | None = None,
  dtype: Any = tf.float32,
) -> Any:
  """Returns an initializer whose values shrink with a layer's width."""
  return tf.variance_scaling_initializer(
    # `tf.contrib` had 1.3 for the part of the distribution that is cut off.
    factor if uniform else factor * 1.3 * _CUT**2,
    mode.lower(),
    "uniform" if uniform else "truncated_normal",
    seed=seed,
    dtype=dtype,
  )


def l1_regularizer(scale: float, scope: str | None = None) -> Any:
  """Returns a function that returns `scale` times the sum of absolute weights."""

  def l1(weights: Any, name: str | None = None) -> Any:
    with tf.name_scope(scope or name, "l1_regularizer"):
      return tf.multiply(scale, tf.reduce_sum(tf.abs(weights)))

  return l1 if scale else _nothing


def l2_regularizer(scale: float, scope: str | None = None) -> Any:
  """Returns a function that returns `scale` times half the sum of squares."""

  def l2(weights: Any, name: str | None = None) -> Any:
    with tf.name_scope(scope or name, "l2_regularizer"):
      return tf.multiply(scale, tf.nn.l2_loss(weights))

  return l2 if scale else _nothing


def _nothing(weights: Any, name: str | None = None) -> None:
  del weights, name


def optimize_loss(
  loss: Any,
  global_step: Any,
  learning_rate: Any,
  optimizer: Any,
  gradient_noise_scale: float | None = None,
  gradient_multipliers: Any = None,
  clip_gradients: Any = None,
  learning_rate_decay_fn: Callable[[Any, Any], Any] | None = None,
  update_ops: Sequence[Any] | None = None,
  variables: Sequence[Any] | None = None,
  name: str | None = None,
  summaries: Sequence[str] | None = None,
  colocate_gradients_with_ops: bool = False,
  increment_global_step: bool = True,
) -> Any:
  """Adds a step of training and returns the loss after it, as `tf.contrib` did.

  `gradient_noise_scale` and `gradient_multipliers` are refused. Of summaries, there
  are those of the loss and the rate.
  """
  for refused, given in (
    ("gradient_noise_scale", gradient_noise_scale),
    ("gradient_multipliers", gradient_multipliers),
  ):
    if given is not None:
      what = f"optimize_loss({refused}=…)"
      instead = "use optimizer.compute_gradients and .apply_gradients"
      raise gone.GoneName(gone.line(what, instead))
  loss = tf.convert_to_tensor(loss)
  if global_step is None:
    global_step = tf.train.get_or_create_global_step()
  with tf.variable_scope(name, "OptimizeLoss", [loss, global_step]):
    if update_ops is None:
      update_ops = tf.get_collection(tf.GraphKeys.UPDATE_OPS)
    with tf.control_dependencies(list(update_ops)):
      loss = tf.identity(loss)
    rate = _rate(learning_rate, learning_rate_decay_fn, global_step)
    chosen = _optimizer(optimizer, rate)
    gradients = chosen.compute_gradients(
      loss,
      variables or tf.trainable_variables(),
      colocate_gradients_with_ops=colocate_gradients_with_ops,
    )
    if callable(clip_gradients):
      gradients = clip_gradients(gradients)
    elif clip_gradients is not None:
      values, trained = zip(*gradients, strict=True)
      values, _ = tf.clip_by_global_norm(values, clip_gradients)
      gradients = list(zip(values, trained, strict=True))
    wanted = ("loss", "learning_rate") if summaries is None else summaries
    for tag, value in (("loss", loss), ("learning_rate", rate)):
      if tag in wanted and value is not None:
        tf.summary.scalar(tag, value)
    step = chosen.apply_gradients(
      gradients, global_step=global_step if increment_global_step else None
    )
    with tf.control_dependencies([step]):
      return tf.identity(loss)


def _rate(rate: Any, decay: Any, global_step: Any) -> Any:
  if rate is None:
    return None
  if not tf.is_tensor(rate):
    rate = tf.get_variable(
      "learning_rate",
      [],
      trainable=False,
      initializer=tf.constant_initializer(rate),
    )
  return rate if decay is None else decay(rate, global_step)


def _optimizer(optimizer: Any, rate: Any) -> Any:
  """Returns an optimizer, of a name, a class, a function or one that is ready."""
  if isinstance(optimizer, str):
    if optimizer not in _OPTIMIZERS:
      raise ValueError(
        f"Optimizer {optimizer!r} isn't one of: {', '.join(_OPTIMIZERS)}."
      )
    return _OPTIMIZERS[optimizer](rate)
  if isinstance(optimizer, type):
    return optimizer(learning_rate=rate)
  if isinstance(optimizer, tf.train.Optimizer):
    return optimizer
  return optimizer() if rate is None else optimizer(rate)


SERVED = (
  xavier_initializer,
  variance_scaling_initializer,
  l1_regularizer,
  l2_regularizer,
  optimize_loss,
)
