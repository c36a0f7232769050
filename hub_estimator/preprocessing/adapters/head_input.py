"""A head's input: a module's output as float32 [batch, width]."""

from hub_estimator.errors import UserError
from hub_estimator.preprocessing.adapters.adapter import Adapter
from hub_estimator.tensorflow_runtime import tf


def build_head_input(
  adapter: Adapter, output: tf.Tensor, mask: tf.Tensor | None = None
) -> tf.Tensor:
  """Adds the ops that turn a module's output into float32 [batch, width].

  Args:
    adapter: its `pooling` is read.
    output: numbers, of one dimension or more.
    mask: bool [batch, length], the positions of an output [batch, length,
      width] that are pooled; None pools all.

  Raises:
    UserError: the output isn't numeric, or its rank or width isn't known.
  """
  name = output.name
  if not (output.dtype.is_floating or output.dtype.is_integer):
    raise UserError(
      f"The module's output {name} is {output.dtype.name}; a head reads "
      "numbers."
    )
  output = tf.cast(output, tf.float32)
  rank = output.shape.rank
  if rank is None:
    raise UserError(
      f"The module's output {name} has an unknown rank for these features, so "
      "a head can't be sized; give the features a fixed shape."
    )
  if rank == 0:
    raise UserError(f"The module's output {name} is a scalar, not a batch.")
  if rank == 1:
    output = output[:, tf.newaxis]
  elif rank > 2:
    output = _pool(output, adapter.pooling, name, mask)
  if output.shape[-1] is None:
    raise UserError(
      f"The module's output {name} has no static width (shape {output.shape}), "
      "so a head can't be sized; give the features a fixed shape."
    )
  return output


def _pool(
  output: tf.Tensor, pooling: str, name: str, mask: tf.Tensor | None
) -> tf.Tensor:
  """Returns an output of three or more dimensions as [batch, width]."""
  if mask is not None:
    return _pool_masked(output, pooling, mask)
  if pooling != "flatten":
    is_mean = pooling in ("mean", "mean_with_padding")
    reduce = tf.reduce_mean if is_mean else tf.reduce_max
    return reduce(output, axis=list(range(1, output.shape.rank - 1)))
  width = output.shape[1:].num_elements()
  if width is None:
    raise UserError(
      f"The module's output {name} of shape {output.shape} can't be "
      "flattened; use adapter.pooling = 'mean'."
    )
  return tf.reshape(output, [-1, width])


def _pool_masked(output: tf.Tensor, pooling: str, mask: tf.Tensor) -> tf.Tensor:
  """Returns the mean or maximum where the mask is set; zeros if nowhere.

  Padding is replaced, not multiplied by 0: a module may compute NaN there.
  """
  mask = mask[:, :, tf.newaxis]
  nothing = tf.zeros_like(output)
  if pooling == "mean":
    total = tf.reduce_sum(tf.where_v2(mask, output, nothing), axis=1)
    count = tf.reduce_sum(tf.cast(mask, tf.float32), axis=1)
    return total / tf.maximum(count, 1.0)
  lowest = tf.fill(tf.shape(output), output.dtype.min)
  largest = tf.reduce_max(tf.where_v2(mask, output, lowest), axis=1)
  return tf.where_v2(tf.reduce_any(mask, axis=1), largest, nothing[:, 0])
