"""The orientation that a camera wrote into a picture's EXIF data.

Cameras store what the sensor saw and note how the camera was held. The numbers 1 to
8 are those of EXIF's tag Orientation (CIPA DC-008, 4.6.4).
"""

from hub_estimator.pictures.encoded_bytes import (
  EncodedBytes,
  choose,
  number,
)
from hub_estimator.pictures.file_blocks import EXIF
from hub_estimator.tensorflow_runtime import tf

_TAG = 0x0112
# Entries of a directory that are read. They are sorted by tag, and this tag comes
# early; cameras write some dozens.
_ENTRIES = 100
_ENTRY_BYTES = 12
_SHORT, _LONG = 3, 4


def read(data: EncodedBytes, start: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
  """Returns the orientation of pictures, 1 where there is none: int64 [batch].

  Args:
    data: of strings [batch].
    start: int64 [batch], where the EXIF data of each picture starts.
    end: int64 [batch], where they end; `start` if there are none.
  """
  one = tf.ones_like(start)
  return tf.cond(
    tf.reduce_any(end > start),
    lambda: tf.compat.v2.where(end > start, _in_exif(data, start, end), one),
    lambda: one,
  )


def turn(image: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
  """Returns a picture as it was seen.

  Args:
    image: [height, width, channels], as it is stored.
    orientation: a scalar int64.
  """

  def has(*values: int) -> tf.Tensor:
    return tf.reduce_any(tf.equal(orientation, list(values)))

  def turned() -> tf.Tensor:
    upright = tf.cond(
      orientation >= 5,
      lambda: tf.transpose(image, [1, 0, 2]),
      lambda: tf.identity(image),
    )
    flipped = tf.cond(
      has(2, 3, 6, 7), lambda: upright[:, ::-1], lambda: upright
    )
    return tf.cond(has(3, 4, 7, 8), lambda: flipped[::-1], lambda: flipped)

  return tf.cond(orientation > 1, turned, lambda: tf.identity(image))


def _in_exif(data: EncodedBytes, start: tf.Tensor, end: tf.Tensor) -> tf.Tensor:
  """Returns the orientation in a TIFF header and its first directory."""
  tiff = start + choose(data.starts_with(start, EXIF), len(EXIF), 0)
  little = data.starts_with(tiff, b"II*\0")
  is_tiff = little | data.starts_with(tiff, b"MM\0*")
  directory = tiff + data.number(tiff + 4, 4, little=little)
  content = data.run(directory, 2 + _ENTRIES * _ENTRY_BYTES)
  count = number(content[:, :2], little=little)
  entries = tf.reshape(content[:, 2:], [-1, _ENTRIES, _ENTRY_BYTES])
  places = tf.range(_ENTRIES, dtype=tf.int64)
  little = little[:, tf.newaxis]

  def field(first: int, size: int) -> tf.Tensor:
    return number(entries[:, :, first : first + size], little=little)

  is_short, is_long = (tf.equal(field(2, 2), k) for k in (_SHORT, _LONG))
  value = choose(is_short, field(8, 2), choose(is_long, field(8, 4), 1))
  ends = directory[:, tf.newaxis] + 2 + (places + 1) * _ENTRY_BYTES
  is_it = (
    tf.equal(field(0, 2), _TAG)
    & tf.equal(field(4, 4), 1)
    & (places < count[:, tf.newaxis])
    & (ends <= end[:, tf.newaxis])
    & (value >= 1)
    & (value <= 8)
    & is_tiff[:, tf.newaxis]
  )
  return tf.reduce_max(choose(is_it, value, 1), axis=1)
