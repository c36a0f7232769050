"""The blocks of a JPEG, PNG or WebP file, walked for what decoders leave out."""

from typing import NamedTuple

from hub_estimator.pictures import formats
from hub_estimator.pictures.encoded_bytes import (
  EncodedBytes,
  choose,
  equals,
  number,
)
from hub_estimator.tensorflow_runtime import tf

EXIF = b"Exif\0\0"
_PNG_COLOR_TYPE = 25  # Its position; 4 and above have a channel of opacity.

# (whether this is the EXIF block, whether it is the last, its length with header).
_Block = tuple[tf.Tensor, tf.Tensor, tf.Tensor]


class Found(NamedTuple):
  """What the blocks of pictures hold.

  Attributes:
    start: int64 [batch], where EXIF data start.
    end: int64 [batch], where they end; 0 if there are none.
    transparent: bool [batch], whether a PNG may have transparent pixels.
  """

  start: tf.Tensor
  end: tf.Tensor
  transparent: tf.Tensor


def find(data: EncodedBytes, kinds: tf.Tensor) -> Found:
  """Finds the EXIF data of pictures, and whether a PNG states transparent colors.

  All pictures of a batch are walked at once: op by op, one would cost as much.

  Args:
    data: of strings [batch].
    kinds: int64 [batch], places in `formats.KINDS`.
  """

  def is_kind(kind: str) -> tf.Tensor:
    return tf.equal(kinds, formats.KINDS.index(kind))

  is_jpeg, is_png = is_kind("JPEG"), is_kind("PNG")

  def step(
    at: tf.Tensor, start: tf.Tensor, end: tf.Tensor, transparent: tf.Tensor
  ) -> tuple[tf.Tensor, ...]:
    header = data.run(at, 10)
    found, last, length = (
      tf.compat.v2.where(is_jpeg, jpeg, tf.compat.v2.where(is_png, png, webp))
      for jpeg, png, webp in zip(
        _jpeg_block(header),
        _png_block(header),
        _webp_block(header),
        strict=True,
      )
    )
    going = at < data.size
    found = found & going
    # A PNG may state its transparent colors behind its EXIF data.
    last = last | (found & ~is_png)
    return (
      choose(last, data.size, at + length),
      choose(found, at + choose(is_jpeg, 4, 8), start),
      choose(found, at + length, end),
      transparent | (is_png & going & equals(header[:, 4:8], b"tRNS")),
    )

  first = choose(
    is_jpeg, 2, choose(is_png, 8, choose(is_kind("WebP"), 12, data.size))
  )
  nothing = tf.zeros_like(data.size)
  has_alpha = is_png & (data.run(_PNG_COLOR_TYPE, 1)[:, 0] >= 4)
  _, start, end, transparent = tf.while_loop(
    lambda at, start, end, transparent: tf.reduce_any(at < data.size),
    step,
    [first, nothing, nothing, has_alpha],
    back_prop=False,
  )
  return Found(start, tf.minimum(end, data.size), transparent)


def _jpeg_block(header: tf.Tensor) -> _Block:
  marker = header[:, 1]
  is_fill = tf.equal(marker, 0xFF)
  is_bare = tf.equal(marker, 0x01) | ((marker >= 0xD0) & (marker <= 0xD8))
  length = 2 + number(header[:, 2:4], little=False)
  found = tf.equal(marker, 0xE1) & equals(header[:, 4:], EXIF)
  last = (
    tf.not_equal(header[:, 0], 0xFF)
    | tf.equal(marker, 0xDA)  # The picture itself starts here.
    | tf.equal(marker, 0xD9)
  )
  return found, last, choose(is_fill, 1, choose(is_bare, 2, length))


def _png_block(header: tf.Tensor) -> _Block:
  kind = header[:, 4:8]
  length = 12 + number(header[:, :4], little=False)
  return equals(kind, b"eXIf"), equals(kind, b"IEND"), length


def _webp_block(header: tf.Tensor) -> _Block:
  size = number(header[:, 4:8], little=True)
  found = equals(header[:, :4], b"EXIF")
  return found, tf.zeros_like(found), 8 + size + size % 2
