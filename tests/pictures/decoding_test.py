"""Each kind of picture has the pixels that Pillow shows."""

import numpy as np
import pytest
from PIL import Image

from hub_estimator.pictures import formats
from hub_estimator.pictures.formats import DECODES_WEBP
from hub_estimator.tensorflow_runtime import tf
from tests.pictures.encoded import (
  NOISE,
  RNG,
  by_pillow,
  decode,
  encode,
  exif,
  waves,
)

# Files of the room that this test covers.
COVERS = ["bitmaps", "transparency"]

RGBA = Image.fromarray(NOISE, "RGBA")
KINDS = ["PNG", "GIF", "BMP"] + ["WEBP"] * DECODES_WEBP


def _palette(colors: int) -> Image.Image:
  image = Image.fromarray(RNG.integers(0, colors, (7, 11), np.uint8))
  image = image.convert("P")
  image.putpalette(RNG.integers(0, 256, 3 * colors).tolist())
  return image


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA"])
def test_every_mode_of_every_kind(kind, mode):
  if (kind, mode) == ("BMP", "LA"):
    pytest.skip("Pillow writes none")
  image = _palette(13) if mode == "P" else RGBA.convert(mode)
  options = {"lossless": True, "exact": True} if kind == "WEBP" else {}
  content = encode(image, kind, **options)
  np.testing.assert_array_equal(decode(content), by_pillow(content))
  assert decode(content, channels=1).shape[-1] == 1


@pytest.mark.parametrize("bits", [1, 4, 8])
@pytest.mark.parametrize("width", [1, 7, 8, 9, 33])
def test_bmp_with_a_palette(bits, width):
  pixels = RNG.integers(0, 2**bits, (5, width), np.uint8)
  palette = RNG.integers(0, 256, (2**bits, 4), np.uint8)
  rows = b""
  for row in pixels:
    digits = "".join(f"{p:0{bits}b}" for p in row)
    stored = int(digits.ljust(-(-len(digits) // 32) * 32, "0"), 2)
    rows = stored.to_bytes(-(-len(digits) // 32) * 4) + rows  # From below.
  header = (
    (40).to_bytes(4, "little")
    + width.to_bytes(4, "little")
    + (5).to_bytes(4, "little")
    + (1).to_bytes(2, "little")
    + bits.to_bytes(2, "little")
    + bytes(16)
    + (2**bits).to_bytes(4, "little")
    + bytes(4)
  )
  offset = 14 + 40 + palette.nbytes
  bmp = (
    b"BM" + bytes(8) + offset.to_bytes(4, "little") + header
  ) + palette.tobytes()
  bmp += rows
  np.testing.assert_array_equal(decode(bmp), palette[pixels][..., 2::-1])
  np.testing.assert_array_equal(decode(bmp), by_pillow(bmp))


def test_a_bmp_from_above_is_not_upside_down():
  bmp = encode(RGBA.convert("RGB"), "BMP")
  height = int.from_bytes(bmp[22:26], "little")
  flipped = bmp[:22] + (2**32 - height).to_bytes(4, "little") + bmp[26:]
  np.testing.assert_array_equal(decode(flipped), NOISE[::-1, :, :3])


@pytest.mark.parametrize(
  "at, value, why",
  [
    (30, 1, "compressed"),
    (28, 16, "other than 1, 4, 8"),
    (22, 99, "cut short"),
  ],
)
def test_a_bmp_that_cannot_be_decoded_says_why(at, value, why):
  bmp = bytearray(encode(_palette(200), "BMP"))
  bmp[at] = value
  with pytest.raises(tf.errors.InvalidArgumentError, match=why):
    decode(bytes(bmp))


def test_transparent_colors_of_gif_and_palette_png_are_white():
  image = Image.new("P", (4, 4), 0)
  image.putpalette([10, 20, 30, 200, 100, 50] + [0] * 762)
  image.putpixel((1, 1), 1)
  for kind, options in (
    ("GIF", {"transparency": 0}),
    ("GIF", {"transparency": 1, "comment": b"x" * 600}),
    ("PNG", {"transparency": 1}),
    ("PNG", {"transparency": bytes([128, 3])}),
  ):
    content = encode(image, kind, **options)
    found = decode(content)
    np.testing.assert_array_equal(found, by_pillow(content))
  np.testing.assert_array_equal(
    decode(encode(image, "GIF", transparency=0))[0, 0], [255] * 3
  )


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_png_with_few_bits_and_half_transparent_colors(bits):
  image = _palette(2**bits)
  for options in ({}, {"transparency": bytes([0, 128])}):
    png = encode(image, "PNG", bits=bits, **options)
    np.testing.assert_array_equal(decode(png), by_pillow(png))


def test_a_transparent_color_in_an_rgb_png_is_white():
  image = RGBA.convert("RGB")
  png = encode(image, "PNG", transparency=image.getpixel((2, 3)))
  np.testing.assert_array_equal(decode(png), by_pillow(png))
  np.testing.assert_array_equal(decode(png)[3, 2], [255] * 3)


def test_grey_is_laid_on_white_too():
  png = encode(Image.new("LA", (3, 3), (40, 0)), "PNG")
  np.testing.assert_array_equal(
    decode(png, channels=1), np.full((3, 3, 1), 255)
  )


def test_opaque_pictures_keep_what_tensorflow_decodes():
  for kind in ("JPEG", "PNG"):
    content = encode(RGBA.convert("RGB"), kind)
    with tf.Graph().as_default(), tf.Session() as session:
      for channels in (1, 3):
        plain = session.run(tf.io.decode_image(content, channels=channels))
        np.testing.assert_array_equal(decode(content, channels), plain)


def test_text_is_refused_by_tensorflows_words():
  with pytest.raises(
    tf.errors.InvalidArgumentError, match="Unknown image file format"
  ):
    decode(b"no picture at all")


def test_webp_is_decoded_or_named():
  image = Image.new("RGB", (4, 4), (9, 99, 199))
  webp = encode(image, "WEBP", lossless=True)
  if DECODES_WEBP:
    np.testing.assert_array_equal(decode(webp), np.asarray(image))
  else:
    with pytest.raises(tf.errors.InvalidArgumentError, match="a WebP picture"):
      decode(webp)


@pytest.mark.skipif(not DECODES_WEBP, reason="needs a decoder of WebP")
def test_an_animated_webp_is_refused_before_it_ends_the_process():
  image = waves(40, 30)
  moving = encode(
    image, "WEBP", save_all=True, append_images=[image.rotate(180)]
  )
  assert formats.find_problem(moving) == formats.MOVING_WEBP
  with pytest.raises(tf.errors.InvalidArgumentError, match="animated WebP"):
    decode(moving)
  still = encode(image, "WEBP", lossless=True, exif=exif(1))
  assert formats.find_problem(still) is None
  np.testing.assert_array_equal(decode(still), by_pillow(still))
