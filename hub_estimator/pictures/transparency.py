"""Transparent pixels, laid on white as viewers show them."""

from hub_estimator.pictures.encoded_bytes import EncodedBytes, choose
from hub_estimator.tensorflow_runtime import tf

_WHITE = 255


def on_white(image: tf.Tensor) -> tf.Tensor:
  """Returns a picture without its transparency, laid on white.

  Args:
    image: uint8 [height, width, colors + 1]; the last channel says how opaque a
      pixel is, 0 to 255. Opaque pixels keep their exact values.
  """
  colors, opacity = image[..., :-1], image[..., -1:]

  def blended() -> tf.Tensor:
    share = tf.cast(opacity, tf.int32)
    mixed = tf.cast(colors, tf.int32) * share + _WHITE * (_WHITE - share)
    return tf.cast((mixed + _WHITE // 2) // _WHITE, tf.uint8)

  is_opaque = tf.reduce_all(tf.equal(opacity, tf.constant(255, tf.uint8)))
  return tf.cond(is_opaque, lambda: tf.identity(colors), blended)


def whiten_gif(data: EncodedBytes) -> tf.Tensor:
  """Returns a GIF whose first frame has white in place of transparent pixels.

  TensorFlow decodes transparent pixels as black. So the color that stands for
  transparency becomes white in the palette, and stands for itself.

  Args:
    data: of a scalar string.

  Returns:
    A scalar string; the file itself if its first frame has no transparency.
  """
  control, image = _first_frame(data)
  has = (control > 0) & (image > 0) & (_byte(data, control + 3) % 2 > 0)

  def whitened() -> tf.Tensor:
    own_palette = _byte(data, image + 9) >= 128
    palette = choose(own_palette, image + 10, 13)
    color = palette + 3 * _byte(data, control + 6)
    flags, color = tf.cast(control + 3, tf.int32), tf.cast(color, tf.int32)
    cuts = tf.stack([flags, color, flags + 1, color + 3])
    low, high = tf.reduce_min(cuts[:2]), tf.reduce_max(cuts[:2])
    first = tf.where(flags < color, b"\0", b"\xff\xff\xff")
    second = tf.where(flags < color, b"\xff\xff\xff", b"\0")
    return _replaced(data.strings, [(low, first), (high, second)])

  return tf.cond(has, whitened, lambda: tf.identity(data.strings))


def _replaced(
  string: tf.Tensor, parts: list[tuple[tf.Tensor, tf.Tensor]]
) -> tf.Tensor:
  """Returns a string with other bytes at some positions, in rising order."""
  pieces, done = [], tf.constant(0, tf.int32)
  for start, new in parts:
    pieces += [tf.strings.substr(string, done, start - done), new]
    done = start + tf.strings.length(new)
  pieces.append(
    tf.strings.substr(string, done, tf.strings.length(string) - done)
  )
  return tf.strings.join(pieces)


def _first_frame(data: EncodedBytes) -> tuple[tf.Tensor, tf.Tensor]:
  """Returns positions of a GIF's first graphic control and image; 0 if none."""
  flags = _byte(data, 10)
  colors = tf.bitwise.left_shift(tf.constant(2, tf.int64), flags % 8)
  first = 13 + choose(flags >= 128, 3 * colors, 0)

  def step(
    at: tf.Tensor, inside: tf.Tensor, control: tf.Tensor, image: tf.Tensor
  ) -> tuple[tf.Tensor, ...]:
    byte = _byte(data, at)
    is_extension = ~inside & tf.equal(byte, 0x21)
    is_control = is_extension & tf.equal(_byte(data, at + 1), 0xF9)
    is_image = ~inside & tf.equal(byte, 0x2C)
    following = choose(
      inside, at + 1 + byte, choose(is_extension, at + 2, data.size)
    )
    return (
      following,
      is_extension | (inside & (byte > 0)),
      choose(is_control, at, control),
      choose(is_image, at, image),
    )

  nothing = tf.constant(0, tf.int64)
  _, _, control, image = tf.while_loop(
    lambda at, inside, control, image: at < data.size,
    step,
    [first, tf.constant(False), nothing, nothing],
    back_prop=False,
  )
  return control, image


def _byte(data: EncodedBytes, at: int | tf.Tensor) -> tf.Tensor:
  return data.run(at, 1)[0]
