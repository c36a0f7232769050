"""Pictures are turned as Pillow's `exif_transpose` turns them, bit for bit."""

import io

import numpy as np
import pytest
from PIL import Image, ImageOps

from hub_estimator.pictures.formats import DECODES_WEBP
from hub_estimator.tensorflow_runtime import tf
from tests.pictures.encoded import NOISE, by_pillow, decode, encode, exif

# Files of the room that this test covers.
COVERS = ["file_blocks", "encoded_bytes"]

COLORS = Image.fromarray(NOISE[..., :3])


def _stored(jpeg: bytes) -> np.ndarray:
  with tf.Graph().as_default(), tf.Session() as session:
    return session.run(tf.io.decode_jpeg(jpeg))


@pytest.mark.parametrize("endian", "<>")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_in_a_png_is_turned(orientation, endian):
  png = encode(COLORS, "PNG", exif=exif(orientation, endian))
  np.testing.assert_array_equal(decode(png), by_pillow(png))


@pytest.mark.parametrize("endian", "<>")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_in_a_jpeg_is_turned(orientation, endian):
  jpeg = encode(COLORS, "JPEG", exif=exif(orientation, endian))
  # The decoders differ in their rounding, so Pillow turns TensorFlow's pixels.
  data = encode(
    Image.fromarray(_stored(jpeg)), "PNG", exif=exif(orientation, endian)
  )
  np.testing.assert_array_equal(decode(jpeg), by_pillow(data))


@pytest.mark.skipif(not DECODES_WEBP, reason="this TensorFlow has no WebP")
@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_orientation_in_a_webp_is_turned(orientation):
  for options in ({"lossless": True}, {"quality": 80}):
    webp = encode(COLORS, "WEBP", exif=exif(orientation), **options)
    np.testing.assert_array_equal(decode(webp), by_pillow(webp))


def test_a_picture_without_exif_stays_as_it_is():
  np.testing.assert_array_equal(decode(encode(COLORS, "PNG")), NOISE[..., :3])
  jpeg = encode(COLORS, "JPEG")
  np.testing.assert_array_equal(decode(jpeg), _stored(jpeg))


def test_grey_pictures_are_turned_too():
  grey = COLORS.convert("L")
  png = encode(grey, "PNG", exif=exif(6))
  turned = ImageOps.exif_transpose(Image.open(io.BytesIO(png)))
  np.testing.assert_array_equal(
    decode(png, channels=1)[..., 0], np.asarray(turned)
  )


@pytest.mark.parametrize("number", [0, 9, 255, 65535])
def test_an_orientation_that_does_not_exist_turns_nothing(number):
  png = encode(COLORS, "PNG", exif=exif(number))
  np.testing.assert_array_equal(decode(png), NOISE[..., :3])


def test_exif_behind_other_blocks_and_among_other_tags_is_found():
  data = Image.Exif()
  data[0x010F], data[0x0110], data[0x0131] = "maker", "model", "software"
  data[0x0112] = 8
  options = {"exif": data.tobytes(), "comment": b"x" * 5000}
  jpeg = encode(COLORS, "JPEG", icc_profile=b"y" * 70000, **options)
  # Another APP1 block comes first, as XMP does.
  xmp = b"http://ns.adobe.com/xap/1.0/\0" + b"Exif\0\0" * 9
  block = b"\xff\xe1" + (len(xmp) + 2).to_bytes(2) + xmp
  jpeg = jpeg[:2] + block + jpeg[2:]
  assert decode(jpeg).shape == (10, 7, 3)
  np.testing.assert_array_equal(decode(jpeg), np.rot90(_stored(jpeg)))


def test_every_cut_and_flip_of_exif_gives_pixels_or_tensorflows_error():
  whole = encode(COLORS, "JPEG", exif=exif(6, ">"))
  stored = {(7, 10, 3), (10, 7, 3)}
  for at in range(2, 60):
    flipped = whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1 :]
    try:
      assert decode(flipped).shape in stored
    except tf.errors.InvalidArgumentError as error:
      assert "JPEG" in str(error)


def test_a_batch_of_many_kinds_is_turned_one_by_one():
  from hub_estimator import pictures

  files = [
    encode(COLORS, "PNG", exif=exif(3)),
    encode(COLORS, "BMP"),
    encode(COLORS, "JPEG", exif=exif(2)),
    encode(COLORS, "PNG"),
  ]
  with tf.Graph().as_default(), tf.Session() as session:
    found = session.run(
      pictures.decode(
        tf.constant(files), tf.identity, channels=3, dtype=tf.uint8
      )
    )
  for pixels, content in zip(found, files, strict=True):
    np.testing.assert_array_equal(pixels, decode(content))
  np.testing.assert_array_equal(found[0], NOISE[::-1, ::-1, :3])
