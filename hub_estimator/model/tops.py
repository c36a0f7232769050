"""Tops: the layers between a module's output and its head; they make logits.

In Python each part has its gin name, too: `tops.mlp` is `tops.MLP`. A top of
yours follows the Protocol `Top`.
"""

import dataclasses
import zlib
from collections.abc import Callable, Sequence

import gin

from hub_estimator.tensorflow_runtime import tf


@gin.register("linear", module="tops")
@dataclasses.dataclass(frozen=True)
class Linear:
  """One dense layer.

  Attributes:
    l2: weight of the L2 regularization of the kernel, which is half its sum of
      squares (tf.nn.l2_loss).
    dropout: share of the features dropped in training. The run's seed and the
      step decide which.

  The kernel starts at zero. So the first steps send no noise from a random head
  into pretrained weights, and every seed starts from the same function.
  """

  l2: float = 0.0
  dropout: float = 0.0

  def build(
    self, features: tf.Tensor, *, units: int, training: bool
  ) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Adds the layer.

    Args:
      features: float32 [batch, width].
      units: the head's logits dimension.
      training: whether dropout is on.

    Returns:
      (logits float32 [batch, units], regularization losses).
    """
    layers = _Layers(self.l2, self.dropout if training else 0.0)
    return layers.build(features, (), units)


@gin.register("mlp", module="tops")
@dataclasses.dataclass(frozen=True)
class MLP:
  """Hidden layers of rectified linear units, then a layer that starts at zero.

  Attributes:
    hidden_units: width of each hidden layer.
    l2: weight of the L2 regularization, as in `Linear`, of all kernels.
    dropout: share of each layer's inputs dropped in training, as in `Linear`.

  The run's seed decides how hidden layers start.
  """

  hidden_units: Sequence[int] = (256,)
  l2: float = 0.0
  dropout: float = 0.0

  def build(
    self, features: tf.Tensor, *, units: int, training: bool
  ) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Adds the layers; see `Linear.build`."""
    layers = _Layers(self.l2, self.dropout if training else 0.0)
    return layers.build(features, self.hidden_units, units)


@dataclasses.dataclass(frozen=True)
class _Layers:
  """Dense layers with a common L2 weight and dropout rate."""

  l2: float
  dropout: float
  losses: list[tf.Tensor] = dataclasses.field(default_factory=list)

  def build(
    self, features: tf.Tensor, hidden_units: Sequence[int], units: int
  ) -> tuple[tf.Tensor, list[tf.Tensor]]:
    """Returns (logits, regularization losses)."""
    with tf.variable_scope("head"):
      for i, width in enumerate(hidden_units):
        # A seed from TensorFlow would depend on the rest of the graph.
        random = tf.initializers.he_normal(seed=i + 1)
        features = tf.nn.relu(
          self._dense(features, width, f"hidden_{i}", random)
        )
      zeros = tf.zeros_initializer()
      logits = self._dense(features, units, "logits", zeros)
    return logits, self.losses

  def _dense(
    self,
    x: tf.Tensor,
    width: int,
    name: str,
    initializer: Callable[..., tf.Tensor],
  ) -> tf.Tensor:
    if self.dropout:
      x = _drop(x, self.dropout, name)
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
    if self.l2:
      self.losses.append(self.l2 * tf.nn.l2_loss(kernel))
    return tf.matmul(x, kernel) + bias


def _drop(x: tf.Tensor, rate: float, name: str) -> tf.Tensor:
  """Drops a share of a layer's inputs.

  A resumed run drops the same inputs, and so do steps that run in a loop.
  """
  run_seed = (tf.get_default_graph().seed or 0) % 2**31
  layer = zlib.crc32(f"{tf.get_variable_scope().name}/{name}".encode())
  step = tf.train.get_global_step()
  seed = tf.stack([(run_seed << 32) + layer, tf.cast(step, tf.int64)])
  return tf.nn.experimental.stateless_dropout(x, rate, seed)


linear = Linear
mlp = MLP
