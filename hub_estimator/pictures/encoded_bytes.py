"""The bytes of encoded pictures as numbers, in a graph."""

from hub_estimator.tensorflow_runtime import tf


class EncodedBytes:
  """Numbers at positions of strings; behind the end of a string, all bytes are 0.

  Attributes:
    strings: of any shape.
    size: int64 of that shape, the strings' numbers of bytes.
  """

  def __init__(self, strings: tf.Tensor) -> None:
    """Adds the ops that make the bytes of strings readable.

    Args:
      strings: of any shape, such as [batch].
    """
    self.strings = strings
    self.size = tf.cast(tf.strings.length(strings), tf.int64)

  def run(self, start: int | tf.Tensor, count: int) -> tf.Tensor:
    """Returns consecutive bytes as int64 [..., count].

    Args:
      start: int64 of the strings' shape, the first position; or one for all.
      count: the number of bytes.
    """
    start = tf.cast(start, tf.int64) + tf.zeros_like(self.size)
    found = tf.strings.substr(
      self.strings,
      tf.clip_by_value(start, tf.constant(0, tf.int64), self.size),
      tf.fill(tf.shape(self.size), tf.constant(count, tf.int64)),
    )
    padded = tf.compat.v2.io.decode_raw(found, tf.uint8, fixed_length=count)
    return tf.cast(padded, tf.int64)

  def number(
    self, start: int | tf.Tensor, count: int, *, little: bool | tf.Tensor
  ) -> tf.Tensor:
    """Returns an unsigned number of each string, int64 of the strings' shape.

    Args:
      start: as in `run`.
      count: bytes of the number, at most 4.
      little: whether the first byte counts least; one for all, or for each.
    """
    return number(self.run(start, count), little=little)

  def starts_with(self, start: int | tf.Tensor, text: bytes) -> tf.Tensor:
    """Returns whether each string has some bytes at a position."""
    return equals(self.run(start, len(text)), text)


def number(digits: tf.Tensor, *, little: bool | tf.Tensor) -> tf.Tensor:
  """Returns unsigned numbers, int64 [...].

  Args:
    digits: bytes as int64 [..., count].
    little: whether the first byte counts least; a bool, or bools [...].
  """
  places = digits.shape[-1]
  rising = tf.constant([256**n for n in range(places)], tf.int64)
  return choose(
    little,
    tf.reduce_sum(digits * rising, axis=-1),
    tf.reduce_sum(digits * rising[::-1], axis=-1),
  )


def equals(digits: tf.Tensor, text: bytes) -> tf.Tensor:
  """Returns whether bytes, int64 [..., count], are those of a text: bool [...]."""
  return tf.reduce_all(tf.equal(digits, list(text)), axis=-1)


def choose(
  condition: bool | tf.Tensor, then: int | tf.Tensor, otherwise: int | tf.Tensor
) -> tf.Tensor:
  """Returns int64 numbers of one or the other, broadcast to one shape."""
  return tf.compat.v2.where(
    condition, tf.cast(then, tf.int64), tf.cast(otherwise, tf.int64)
  )
