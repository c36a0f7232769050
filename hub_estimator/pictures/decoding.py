"""The one way in which pictures are decoded: in training, prediction and exports."""

import functools
from collections.abc import Callable, Mapping, Sequence

from hub_estimator.pictures import (
  bitmaps,
  file_blocks,
  formats,
  orientation,
)
from hub_estimator.pictures.encoded_bytes import EncodedBytes, choose, equals
from hub_estimator.pictures.transparency import on_white, whiten_gif
from hub_estimator.tensorflow_runtime import tf

# Increase it if the same bytes are to give other pixels: kept features depend on it.
RULES = 2


def decode(
  encoded: tf.Tensor,
  finish: Callable[[tf.Tensor], tf.Tensor],
  *,
  channels: int,
  dtype: tf.DType = tf.float32,
) -> tf.Tensor:
  """Adds the ops that decode pictures as a viewer shows them.

  A picture is turned as its EXIF data says. Transparent pixels are laid on white.
  Of an animation, the first picture counts. All of it is ops of TensorFlow, so that
  exported models decode bytes in the same way.

  Args:
    encoded: strings [batch], each a JPEG, PNG, GIF, BMP or WebP (where this
      TensorFlow decodes it). Running the result raises an InvalidArgumentError if
      one is none of these or is damaged.
    finish: returns what is kept of a picture, uint8 [height, width, channels]:
      a tensor of the same dtype and shape for all.
    channels: 1 or 3.
    dtype: of what `finish` returns.

  Returns:
    [batch, ...], as `finish` returns them.
  """
  kinds, transparent, orientations = _inserted(
    _facts(), {"encoded": encoded}, ["kinds", "transparent", "orientations"]
  )

  def decode_one(
    picture: tuple[tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor],
  ) -> tf.Tensor:
    string, kind, is_transparent, turned = picture
    (image,) = _inserted(
      _pixels(channels),
      {
        "encoded": string,
        "kind": kind,
        "transparent": is_transparent,
        "orientation": turned,
      },
      ["pixels"],
    )
    image.set_shape([None, None, channels])
    return finish(image)

  return tf.map_fn(
    decode_one, (encoded, kinds, transparent, orientations), dtype=dtype
  )


# Python takes half a second to make these graphs, and TensorFlow a moment to
# insert a copy.
@functools.cache
def _facts() -> tf.GraphDef:
  """Returns the graph that reads what the bytes of a batch say of its pictures."""
  with tf.Graph().as_default() as graph:
    encoded = tf.placeholder(tf.string, [None], name="encoded")
    data = EncodedBytes(encoded)
    kinds = _kinds(data)
    blocks = file_blocks.find(data, kinds)
    turned = orientation.read(data, blocks.start, blocks.end)
    tf.identity(kinds, name="kinds")
    tf.identity(blocks.transparent, name="transparent")
    tf.identity(turned, name="orientations")
  return graph.as_graph_def()


@functools.cache
def _pixels(channels: int) -> tf.GraphDef:
  """Returns the graph that decodes one picture."""
  with tf.Graph().as_default() as graph:
    stored = _decode_stored(
      tf.placeholder(tf.string, [], name="encoded"),
      tf.placeholder(tf.int64, [], name="kind"),
      tf.placeholder(tf.bool, [], name="transparent"),
      channels,
    )
    turned = tf.placeholder(tf.int64, [], name="orientation")
    tf.identity(orientation.turn(stored, turned), name="pixels")
  return graph.as_graph_def()


def _inserted(
  graph: tf.GraphDef, inputs: Mapping[str, tf.Tensor], outputs: Sequence[str]
) -> list[tf.Tensor]:
  """Returns outputs of a copy of a graph, by the names of their ops."""
  # Copies: the branches of a condition are graphs of their own.
  return tf.import_graph_def(
    graph,
    {f"{name}:0": tf.identity(tensor) for name, tensor in inputs.items()},
    [f"{name}:0" for name in outputs],
    name="pictures",
  )


def _kinds(data: EncodedBytes) -> tf.Tensor:
  """Returns the formats of strings, int64 [batch], as places in `formats.KINDS`."""
  header = data.run(0, 12)
  starts = {
    "JPEG": equals(header[:, :3], formats.JPEG),
    "PNG": equals(header[:, :8], formats.PNG),
    "GIF": equals(header[:, :4], formats.GIF),
    "BMP": equals(header[:, :2], formats.BMP),
    "WebP": equals(header[:, :4], formats.RIFF)
    & equals(header[:, 8:], formats.WEBP),
  }
  kinds = tf.zeros_like(data.size)
  for kind, holds in starts.items():
    kinds = choose(holds, formats.KINDS.index(kind), kinds)
  return kinds


def _decode_stored(
  encoded: tf.Tensor, kind: tf.Tensor, transparent: tf.Tensor, channels: int
) -> tf.Tensor:
  """Returns a picture as it is stored, uint8 [height, width, channels]."""

  def transparent_png() -> tf.Tensor:
    stored = _decode(encoded, 4)
    if channels == 1:
      grey = _decode(encoded, 1)
      stored = tf.concat([grey, stored[..., 3:]], axis=-1)
    return on_white(stored)

  def webp() -> tf.Tensor:
    data = EncodedBytes(encoded)
    flag = data.number(formats.WEBP_FLAGS_AT, 1, little=True)
    moves = data.starts_with(12, formats.WEBP_EXTENDED) & (
      flag // formats.WEBP_MOVES % 2 > 0
    )
    with tf.control_dependencies(
      [
        tf.debugging.Assert(formats.DECODES_WEBP, [formats.NO_WEBP]),
        tf.debugging.Assert(~moves, [formats.MOVING_WEBP]),
      ]
    ):
      stored = _decode(tf.identity(encoded), 0)
    colors = tf.cond(
      tf.equal(tf.shape(stored)[-1], 4),
      lambda: on_white(stored),
      lambda: tf.identity(stored),
    )
    return _with_channels(colors, channels)

  def gif() -> tf.Tensor:
    white = whiten_gif(EncodedBytes(encoded))
    return _with_channels(_decode(white, 3), channels)

  def bmp() -> tf.Tensor:
    return _with_channels(bitmaps.decode(EncodedBytes(encoded)), channels)

  makers = {"WebP": webp, "GIF": gif, "BMP": bmp}
  return tf.case(
    [(transparent, transparent_png)]
    + [
      (tf.equal(kind, formats.KINDS.index(name)), make)
      for name, make in makers.items()
    ],
    # JPEG and opaque PNG; for anything else, TensorFlow's own error says what it reads.
    default=lambda: _decode(encoded, channels),
  )


def _decode(encoded: tf.Tensor, channels: int) -> tf.Tensor:
  return tf.io.decode_image(encoded, channels=channels, expand_animations=False)


def _with_channels(image: tf.Tensor, channels: int) -> tf.Tensor:
  """Returns a picture in color, or its grey."""
  image.set_shape([None, None, 3])
  return tf.image.rgb_to_grayscale(image) if channels == 1 else image
