"""Encoded pictures, and their decoding by this package and by Pillow."""

import functools
import io

import numpy as np
from PIL import Image, ImageOps

from hub_estimator import pictures
from hub_estimator.tensorflow_runtime import tf

RNG = np.random.default_rng(0)
NOISE = RNG.integers(0, 256, (7, 10, 4), np.uint8)


def encode(image: Image.Image, kind: str, **options) -> bytes:
  file = io.BytesIO()
  image.save(file, kind, **options)
  return file.getvalue()


def waves(width: int = 120, height: int = 90) -> Image.Image:
  """Returns waves and noise: each part of the data of a JPEG of them matters."""
  y, x = np.mgrid[:height, :width]
  smooth = np.stack([128 + 90 * np.sin(x / (7 + c) + y / 9) for c in range(3)])
  noise = np.random.default_rng(0).normal(0, 8, (3, height, width))
  pixels = np.clip(smooth + noise, 0, 255).astype(np.uint8)
  return Image.fromarray(pixels.transpose(1, 2, 0))


def jpeg_data(jpeg: bytes) -> int:
  """Returns where the data of the first scan starts."""
  scan = jpeg.index(b"\xff\xda")
  return scan + 2 + int.from_bytes(jpeg[scan + 2 : scan + 4])


def cut_jpeg(jpeg: bytes, share: float = 0.5) -> bytes:
  """Returns a JPEG of which the rest is lost, and whose end is there.

  Args:
    jpeg: a whole one.
    share: of its data that is left.
  """
  start = jpeg_data(jpeg)
  return jpeg[: start + int(share * (len(jpeg) - start))] + b"\xff\xd9"


def exif(orientation: int, endian: str = "<") -> bytes:
  """Returns EXIF data with an orientation; "<" is little endian."""
  data = Image.Exif()
  data[0x0112] = orientation
  data.endian = endian
  return data.tobytes()


@functools.cache
def _decoder(channels: int):
  """Returns (session, encoded, pixels), one a number of channels."""
  with tf.Graph().as_default() as graph:
    encoded = tf.placeholder(tf.string, [None])
    pixels = pictures.decode(
      encoded, tf.identity, channels=channels, dtype=tf.uint8
    )
  return tf.Session(graph=graph), encoded, pixels


def decode(content: bytes, channels: int = 3) -> np.ndarray:
  session, encoded, pixels = _decoder(channels)
  return session.run(pixels, {encoded: [content]})[0]


def by_pillow(content: bytes) -> np.ndarray:
  """Returns the pixels that Pillow shows: turned, and on white."""
  image = ImageOps.exif_transpose(Image.open(io.BytesIO(content)))
  image = image.convert("RGBA")
  white = Image.new("RGBA", image.size, "white")
  return np.asarray(Image.alpha_composite(white, image).convert("RGB"))


def by_pillow_as_stored(content: bytes) -> np.ndarray:
  """Returns the pixels that Pillow reads, in color; neither turned nor on white."""
  return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def jpeg_by_slow_transform(content: bytes) -> np.ndarray:
  """Returns a JPEG's pixels by TensorFlow's exact transform, not by its default."""
  with tf.Graph().as_default(), tf.Session() as session:
    return session.run(
      tf.io.decode_jpeg(content, channels=3, dct_method="INTEGER_ACCURATE")
    )
