"""Pictures, small enough for a page."""

import base64
from collections.abc import Sequence

from hub_estimator import pictures
from hub_estimator.tensorflow_runtime import tf

_PIXELS = 96


def thumbnails(contents: Sequence[bytes]) -> list[str]:
  """Returns each picture as a data URL of a JPEG, 96 pixels wide and high.

  Args:
    contents: encoded pictures, as `pictures.decode` reads them.
  """
  if not contents:
    return []

  def finish(image: tf.Tensor) -> tf.Tensor:
    image = tf.image.resize_image_with_pad(
      tf.cast(image, tf.float32), _PIXELS, _PIXELS, tf.image.ResizeMethod.AREA
    )
    return tf.cast(tf.round(tf.clip_by_value(image, 0, 255)), tf.uint8)

  with tf.Graph().as_default(), tf.Session() as session:
    decoded = pictures.decode(
      tf.constant(list(contents)), finish, channels=3, dtype=tf.uint8
    )
    encoded = tf.map_fn(tf.io.encode_jpeg, decoded, dtype=tf.string)
    return [
      f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
      for jpeg in session.run(encoded)
    ]
