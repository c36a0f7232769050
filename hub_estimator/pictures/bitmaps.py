"""BMP pictures, also those with a palette, which TensorFlow's own op can't decode."""

from hub_estimator.pictures.encoded_bytes import EncodedBytes, choose
from hub_estimator.pictures.transparency import on_white
from hub_estimator.tensorflow_runtime import tf

_OLD_HEADER = 12  # Bytes; OS/2's, with sizes of 2 bytes.
_UNCOMPRESSED, _BY_MASKS = 0, 3
_LARGEST = 1 << 20  # Pixels a side.
_MOST_COLORS = 1 << 16  # That a header may state, whatever it uses.
_MASKS = [0xFF0000, 0xFF00, 0xFF]  # Of red, green and blue in 32 bits.
_ALPHA_MASK = 0xFF000000


def decode(data: EncodedBytes) -> tf.Tensor:
  """Adds the ops that decode a BMP of 1, 4, 8, 24 or 32 bits a pixel.

  Args:
    data: of a scalar string. Running the result raises an InvalidArgumentError if the
      picture is compressed, has other bits, or is cut short.

  Returns:
    uint8 [height, width, 3].
  """
  header = _number(data, 14, 4)
  old = tf.equal(header, _OLD_HEADER)
  width = choose(old, _number(data, 18, 2), _number(data, 18, 4))
  signed = choose(old, _number(data, 20, 2), _number(data, 22, 4))
  from_top = signed >= 2**31
  height = choose(from_top, 2**32 - signed, signed)
  bits = choose(old, _number(data, 24, 2), _number(data, 28, 2))
  compression = choose(old, 0, _number(data, 30, 4))
  offset = _number(data, 10, 4)
  stride = (width * bits + 31) // 32 * 4
  with tf.control_dependencies(
    [
      tf.debugging.Assert(
        _is_known(data, bits, compression),
        ["a BMP that is compressed, or has other than 1, 4, 8, 24 or 32 bits"],
      ),
      tf.debugging.Assert(
        old | (bits > 8) | (_number(data, 46, 4) <= _MOST_COLORS),
        ["the header of the BMP is damaged"],
      ),
    ]
  ):
    is_whole = (
      (width > 0)
      & (height > 0)
      & (width < _LARGEST)
      & (height < _LARGEST)
      & (offset + stride * height <= data.size)
    )
  whole = tf.debugging.Assert(is_whole, ["the BMP is cut short"])
  with tf.control_dependencies([whole]):
    pixels = tf.strings.substr(data.strings, offset, stride * height)
  rows = tf.reshape(tf.decode_raw(pixels, tf.uint8), tf.stack([height, stride]))
  rows = tf.cond(from_top, lambda: rows, lambda: rows[::-1])
  return tf.cond(
    bits <= 8,
    lambda: _with_palette(data, rows, width, bits, header),
    lambda: _with_colors(data, rows, width, bits, header, compression),
  )


def _number(data: EncodedBytes, at: int, count: int) -> tf.Tensor:
  return data.number(at, count, little=True)


def _is_known(
  data: EncodedBytes, bits: tf.Tensor, compression: tf.Tensor
) -> tf.Tensor:
  masks = tf.stack([_number(data, at, 4) for at in (54, 58, 62)])
  plain = tf.equal(compression, _UNCOMPRESSED) & tf.reduce_any(
    tf.equal(bits, [1, 4, 8, 24, 32])
  )
  masked = (
    tf.equal(compression, _BY_MASKS)
    & tf.equal(bits, 32)
    & tf.reduce_all(tf.equal(masks, _MASKS))
  )
  return plain | masked


def _with_palette(
  data: EncodedBytes,
  rows: tf.Tensor,
  width: tf.Tensor,
  bits: tf.Tensor,
  header: tf.Tensor,
) -> tf.Tensor:
  """Returns uint8 [height, width, 3] of rows that hold indices of colors."""
  old = tf.equal(header, _OLD_HEADER)
  all_colors = tf.bitwise.left_shift(tf.constant(1, tf.int64), bits)
  stated = choose(old, 0, _number(data, 46, 4))
  colors = choose((stated > 0) & (stated < all_colors), stated, all_colors)
  palette = tf.cond(
    old,
    lambda: tf.reshape(data.run(14 + header, 3 * 256), [256, 3]),
    lambda: tf.reshape(data.run(14 + header, 4 * 256), [256, 4])[:, :3],
  )[:, ::-1]
  is_color = tf.range(256, dtype=tf.int64)[:, tf.newaxis] < colors
  palette = choose(is_color, palette, 0)
  first_bit = tf.range(width) * bits
  packed = tf.cast(tf.gather(rows, first_bit // 8, axis=1), tf.int64)
  shift = 8 - bits - first_bit % 8
  indices = tf.bitwise.bitwise_and(
    tf.bitwise.right_shift(packed, shift + tf.zeros_like(packed)),
    all_colors - 1 + tf.zeros_like(packed),
  )
  return tf.gather(tf.cast(palette, tf.uint8), indices)


def _with_colors(
  data: EncodedBytes,
  rows: tf.Tensor,
  width: tf.Tensor,
  bits: tf.Tensor,
  header: tf.Tensor,
  compression: tf.Tensor,
) -> tf.Tensor:
  """Returns uint8 [height, width, 3] of rows that hold blue, green, red."""
  size = bits // 8
  pixels = tf.reshape(
    rows[:, : width * size],
    tf.stack([tf.shape(rows, out_type=tf.int64)[0], width, size]),
  )
  colors = tf.gather(pixels, [2, 1, 0], axis=2)
  has_alpha = (
    tf.equal(compression, _BY_MASKS)
    & (header >= 56)
    & tf.equal(_number(data, 66, 4), _ALPHA_MASK)
  )
  return tf.cond(
    has_alpha,
    lambda: on_white(tf.concat([colors, pixels[:, :, 3:4]], 2)),
    lambda: colors,
  )
