"""Images of any dtype and size become the ones that a module expects."""

import io

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.modules import SignatureInfo, TensorInfo
from hub_estimator.preprocessing import Adapter
from hub_estimator.tensorflow_runtime import tf
from tests.preprocessing.fed_modules import IMAGE, feed


def test_uint8_images_become_floats_of_zero_to_one():
  images = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
  got = feed(IMAGE, {"image": images})["images"]
  np.testing.assert_allclose(got, images / np.float32(255), rtol=1e-6)


def test_grey_images_are_resized_to_the_attached_size_and_given_three_channels():
  images = np.full((2, 8, 8), 51, np.uint8)
  got = feed(IMAGE, {"image": images}, image_size=(4, 4))["images"]
  assert got.shape == (2, 4, 4, 3)
  np.testing.assert_allclose(got, 0.2, rtol=1e-6)


def test_shrinking_averages_pixels_and_drops_none():
  images = np.zeros((1, 8, 8, 3), np.uint8)
  images[:, ::2] = 255
  got = feed(IMAGE, {"image": images})["images"]
  assert 0.4 < got[:, 1:3].mean() < 0.6


def test_encoded_images_are_decoded():
  with tf.Graph().as_default(), tf.Session() as session:
    png = session.run(tf.io.encode_png(np.full((5, 6, 3), 102, np.uint8)))
  got = feed(IMAGE, {"image": np.array([png, png], object)})["images"]
  assert got.shape == (2, 4, 4, 3)
  np.testing.assert_allclose(got, 0.4, rtol=1e-6)
  assert io.BytesIO(png).read(4) == b"\x89PNG"


def test_encoded_images_for_a_module_of_no_size_are_refused():
  signature = SignatureInfo(
    {"images": TensorInfo("float32", (None, None, None, 3))}, {}
  )
  with pytest.raises(UserError, match="the module states no image size"):
    feed(signature, {"image": np.array([b"png"], object)})


def test_pixels_are_scaled_to_the_modules_range():
  images = np.full((1, 4, 4, 3), 255, np.uint8)
  got = feed(IMAGE, {"image": images}, Adapter(image_range=(-1.0, 1.0)))
  np.testing.assert_allclose(got["images"], 1.0)
