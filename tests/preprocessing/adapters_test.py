import io

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.modules.module_info import SignatureInfo, TensorInfo
from hub_estimator.preprocessing import adapters
from hub_estimator.preprocessing.adapters import Adapter
from hub_estimator.tensorflow_runtime import tf

IMAGE = SignatureInfo({"images": TensorInfo("float32", (None, 4, 4, 3))}, {})
TWO = SignatureInfo(
  {
    "a": TensorInfo("float32", (None, 1)),
    "b": TensorInfo("float32", (None, 2)),
  },
  {},
)
TEXT = SignatureInfo({"default": TensorInfo("string", (None,))}, {})


def _run(signature, features, adapter=None, image_size=None, mode="train"):
  with tf.Graph().as_default(), tf.Session() as session:
    tensors = {
      name: tf.constant(value)
      if value.dtype.kind == "O"
      else tf.placeholder_with_default(value, [None, *value.shape[1:]])
      for name, value in features.items()
    }
    return session.run(
      adapters.build_module_inputs(
        adapter or Adapter(),
        signature,
        tensors,
        image_size=image_size,
        mode=mode,
      )
    )


def test_uint8_images_become_floats_of_zero_to_one():
  images = np.arange(2 * 4 * 4 * 3, dtype=np.uint8).reshape(2, 4, 4, 3)
  got = _run(IMAGE, {"image": images})["images"]
  np.testing.assert_allclose(got, images / np.float32(255), rtol=1e-6)


def test_grey_images_are_resized_to_the_attached_size_and_given_three_channels():
  images = np.full((2, 8, 8), 51, np.uint8)
  got = _run(IMAGE, {"image": images}, image_size=(4, 4))["images"]
  assert got.shape == (2, 4, 4, 3)
  np.testing.assert_allclose(got, 0.2, rtol=1e-6)


def test_shrinking_averages_rather_than_drops_pixels():
  images = np.zeros((1, 8, 8, 3), np.uint8)
  images[:, ::2] = 255
  got = _run(IMAGE, {"image": images})["images"]
  assert 0.4 < got[:, 1:3].mean() < 0.6


def test_encoded_images_are_decoded():
  with tf.Graph().as_default(), tf.Session() as session:
    png = session.run(tf.io.encode_png(np.full((5, 6, 3), 102, np.uint8)))
  got = _run(IMAGE, {"image": np.array([png, png], object)})["images"]
  assert got.shape == (2, 4, 4, 3)
  np.testing.assert_allclose(got, 0.4, rtol=1e-6)
  assert io.BytesIO(png).read(4) == b"\x89PNG"


def test_a_module_of_another_range_gets_it():
  images = np.full((1, 4, 4, 3), 255, np.uint8)
  got = _run(IMAGE, {"image": images}, Adapter(image_range=(-1.0, 1.0)))
  np.testing.assert_allclose(got["images"], 1.0)


def test_inputs_are_filled_by_name_cast_and_given_their_last_dimension():
  features = {
    "a": np.array([1, 2]),
    "b": np.ones((2, 2), np.float32),
    "unused": np.ones(2, np.float32),
  }
  got = _run(TWO, features)
  assert got["a"].dtype == np.float32
  np.testing.assert_array_equal(got["a"], [[1], [2]])
  assert set(got) == {"a", "b"}


def test_a_map_names_what_differs():
  features = {"x": np.ones(2, np.float32), "b": np.ones((2, 2), np.float32)}
  assert set(_run(TWO, features, Adapter(inputs={"a": "x"}))) == {"a", "b"}


def test_a_missing_feature_says_what_the_data_has():
  with pytest.raises(
    UserError, match=r"input 'b' has no feature 'b'; the data"
  ):
    _run(TWO, {"a": np.ones(2, np.float32), "c": np.ones(2, np.float32)})


def test_a_map_to_an_unknown_input_is_refused():
  with pytest.raises(UserError, match="module input 'images'"):
    _run(TEXT, {"s": np.array(["x"], object)}, Adapter(inputs={"images": "s"}))


def test_a_wrong_dtype_is_refused():
  with pytest.raises(
    UserError, match=r"'n' .* is float32, and the module wants string"
  ):
    _run(TEXT, {"n": np.ones(2, np.float32)})


def test_a_wrong_shape_is_refused():
  features = {"a": np.ones(2, np.float32), "b": np.ones((2, 3), np.float32)}
  with pytest.raises(UserError, match=r"'b' .* has shape \[None, 3\]"):
    _run(TWO, features)


@pytest.mark.parametrize(
  "pooling, shape, width",
  [
    ("mean", (2,), 1),
    ("mean", (2, 5), 5),
    ("mean", (2, 3, 4, 5), 5),
    ("max", (2, 3, 5), 5),
    ("flatten", (2, 3, 4, 5), 60),
    ("mean", (2, 2, 3, 4, 5), 5),
  ],
)
def test_outputs_of_every_rank_become_two_dimensions(pooling, shape, width):
  value = np.random.default_rng(1).normal(size=shape).astype(np.float32)
  with tf.Graph().as_default(), tf.Session() as session:
    tensor = tf.placeholder_with_default(value, [None, *shape[1:]])
    got = session.run(
      adapters.build_head_input(Adapter(pooling=pooling), tensor)
    )
  assert got.shape == (2, width)
  if len(shape) > 2 and pooling == "mean":
    middle = tuple(range(1, len(shape) - 1))
    np.testing.assert_allclose(
      got, value.mean(axis=middle), rtol=1e-5, atol=1e-6
    )
  if pooling == "max":
    np.testing.assert_allclose(got, value.max(axis=1))


@pytest.mark.parametrize(
  "shape, why",
  [(None, "unknown rank"), ([None, None], "no static width"), ([], "a scalar")],
)
def test_an_output_that_cannot_size_a_head_is_refused(shape, why):
  with tf.Graph().as_default():
    tensor = tf.placeholder(tf.float32, shape)
    with pytest.raises(UserError, match=why):
      adapters.build_head_input(Adapter(), tensor)


def test_an_unknown_pooling_is_refused():
  with pytest.raises(UserError, match="did you mean 'mean'"):
    Adapter(pooling="meen")


HYPER = SignatureInfo(
  {
    "x": TensorInfo("float32", (None, 2)),
    "momentum": TensorInfo("float32", ()),
  },
  {},
)


@pytest.mark.parametrize(
  "constant, mode, expected",
  [
    (0.5, "eval", 0.5),
    ({"train": 0.9, "eval": 0.1, "infer": 0.0}, "train", 0.9),
    ({"train": 0.9, "eval": 0.1, "infer": 0.0}, "infer", 0.0),
  ],
)
def test_hyperparameters_are_constants_of_the_mode(constant, mode, expected):
  # The one other input takes the only feature, whatever its name.
  got = _run(
    HYPER,
    {"numbers": np.zeros((3, 2), np.float32)},
    Adapter(constants={"momentum": constant}),
    mode=mode,
  )
  assert got["momentum"] == np.float32(expected)
  assert got["x"].shape == (3, 2)


def test_a_constant_for_what_is_no_input_is_refused():
  with pytest.raises(UserError, match="did you mean 'momentum'"):
    _run(
      HYPER,
      {"x": np.zeros((3, 2), np.float32)},
      Adapter(constants={"momentun": 0.5}),
    )


def test_a_constant_without_all_modes_is_refused():
  with pytest.raises(UserError, match="one for each of train, eval, infer"):
    Adapter(constants={"momentum": {"train": 0.9}})
