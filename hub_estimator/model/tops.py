"""What stands between a module's output and its head: the logits."""

import dataclasses
import zlib
from collections.abc import Sequence

import gin

from hub_estimator.tensorflow_runtime import tf


@gin.register("linear", module="tops")
@dataclasses.dataclass(frozen=True)
class Linear:
  """One dense layer.

  Attributes:
    l2: weight of the L2 regularization of the kernel, tf.nn.l2_loss's half sum
      of squares times this.
    dropout: share of the features dropped in training; which ones is a function of the
      run's seed and the step.

  The kernel starts at zero: the first steps then send no noise of a random
  head into what is pretrained, and every seed starts from the same function.
  """

  l2: float = 0.0
  dropout: float = 0.0

  def build(
    self, features: tf.Tensor, *, units: int, training: bool
  ) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Adds the layers.

    Args:
      features: float32 [batch, width].
      units: the head's logits dimension.
      training: whether dropout is on.

    Returns:
      (logits float32 [batch, units], regularization losses).
    """
    return _build(features, (), units, training, self.l2, self.dropout)


@gin.register("mlp", module="tops")
@dataclasses.dataclass(frozen=True)
class MLP:
  """Hidden layers of rectified linear units, then a zero-initialised one.

  Attributes:
    hidden_units: width of each hidden layer.
    l2: as in `Linear`, for all kernels.
    dropout: share of each layer's inputs dropped in training, as in `Linear`.

  Hidden layers start at random, as the run's seed has it.
  """

  hidden_units: Sequence[int] = (256,)
  l2: float = 0.0
  dropout: float = 0.0

  def build(
    self, features: tf.Tensor, *, units: int, training: bool
  ) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Adds the layers; see `Linear.build`."""
    return _build(
      features, self.hidden_units, units, training, self.l2, self.dropout
    )


def _build(features, hidden_units, units, training, l2, dropout):
  losses = []

  def dense(x, width, name, initializer):
    if dropout and training:
      x = _drop(x, dropout, name)
    with tf.variable_scope(name):
      kernel = tf.get_variable(
        "kernel",
        [x.shape[-1], width],
        initializer=initializer,
        use_resource=True,
      )
      bias = tf.get_variable(
        "bias", [width], initializer=tf.zeros_initializer(), use_resource=True
      )
    if l2:
      losses.append(l2 * tf.nn.l2_loss(kernel))
    return tf.matmul(x, kernel) + bias

  with tf.variable_scope("head"):
    for i, width in enumerate(hidden_units):
      # A seed of its own: one that TensorFlow draws hangs on what else is in the graph.
      random = tf.initializers.he_normal(seed=i + 1)
      features = tf.nn.relu(dense(features, width, f"hidden_{i}", random))
    logits = dense(features, units, "logits", tf.zeros_initializer())
  return logits, losses


def _drop(x: tf.Tensor, rate: float, name: str) -> tf.Tensor:
  """Drops a share; a resumed run, and steps in a loop, draw the same."""
  run_seed = (tf.get_default_graph().seed or 0) % 2**31
  layer = zlib.crc32(f"{tf.get_variable_scope().name}/{name}".encode())
  step = tf.train.get_global_step()
  seed = tf.stack([(run_seed << 32) + layer, tf.cast(step, tf.int64)])
  return tf.nn.experimental.stateless_dropout(x, rate, seed)
