"""An encoder and a decoder of digits as two new modules, and their reconstruction error.

They are parts of configs/runs/autoencoder.gin.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import gin

if TYPE_CHECKING:
  from hub_estimator.tensorflow_runtime import tf

_PIXELS = 64


@gin.register("digit_encoder", module="examples")
def digit_encoder(*, width: int = 8, hidden: int = 128) -> None:
  """Adds a signature from images of 8 x 8 pixels to codes; it is a module_fn.

  Args:
    width: of a code.
    hidden: units of the hidden layer.
  """
  from hub_estimator.tensorflow_runtime import hub, tf

  images = tf.placeholder(tf.float32, [None, 8, 8, 1])
  x = _dense(tf.reshape(images, [-1, _PIXELS]), hidden, "hidden", tf.nn.relu)
  hub.add_signature(
    inputs={"images": images}, outputs={"code": _dense(x, width, "code")}
  )


@gin.register("digit_decoder", module="examples")
def digit_decoder(*, width: int = 8, hidden: int = 128) -> None:
  """Adds a signature from codes to images of 8 x 8 pixels; it is a module_fn.

  Args:
    width: of a code.
    hidden: units of the hidden layer.
  """
  from hub_estimator.tensorflow_runtime import hub, tf

  code = tf.placeholder(tf.float32, [None, width])
  x = _dense(code, hidden, "hidden", tf.nn.relu)
  pixels = _dense(x, _PIXELS, "pixels", tf.sigmoid)
  hub.add_signature(
    inputs={"code": code},
    outputs={"images": tf.reshape(pixels, [-1, 8, 8, 1])},
  )


@gin.register("reconstruction", module="examples")
def reconstruction(
  outputs: Mapping[str, Mapping[str, "tf.Tensor"]],
  inputs: Mapping[str, Mapping[str, "tf.Tensor"]],
) -> tuple["tf.Tensor", dict[str, "tf.Tensor"], dict[str, Any]]:
  """Returns the squared error of decoded images; see `models.objective`.

  Args:
    outputs: of the modules "encoder" and "decoder".
    inputs: what they were fed; the encoder's are the images, from 0 to 1.
  """
  from hub_estimator.tensorflow_runtime import tf

  images = inputs["encoder"]["images"]
  restored = outputs["decoder"]["images"]
  loss = tf.reduce_mean(tf.square(restored - images))
  return (
    loss,
    {"code": outputs["encoder"]["code"], "images": restored},
    {"squared_error": tf.metrics.mean_squared_error(images, restored)},
  )


def _dense(
  x: "tf.Tensor", units: int, name: str, activation: Any = None
) -> "tf.Tensor":
  """Returns a tensor after a dense layer."""
  from hub_estimator.tensorflow_runtime import tf

  with tf.variable_scope(name):
    kernel = tf.get_variable(
      "kernel", [x.shape[-1], units], initializer=tf.initializers.he_normal()
    )
    bias = tf.get_variable("bias", [units], initializer=tf.zeros_initializer())
    x = tf.matmul(x, kernel) + bias
  return x if activation is None else activation(x)
