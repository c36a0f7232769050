"""Features fill a module's inputs by name."""

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.modules import SignatureInfo, TensorInfo
from hub_estimator.preprocessing import Adapter, adapters
from tests.preprocessing.fed_modules import HYPER, IMAGE, TEXT, TWO, feed


def test_a_map_is_only_for_names_that_differ():
  features = {"x": np.ones(2, np.float32), "b": np.ones((2, 2), np.float32)}
  assert set(feed(TWO, features, Adapter(inputs={"a": "x"}))) == {"a", "b"}


def test_a_missing_feature_says_what_the_data_has():
  with pytest.raises(
    UserError, match=r"input 'b' has no feature 'b'; the data"
  ):
    feed(TWO, {"a": np.ones(2, np.float32), "c": np.ones(2, np.float32)})


def test_a_map_to_an_unknown_input_is_refused():
  with pytest.raises(UserError, match="module input 'images'"):
    feed(TEXT, {"s": np.array(["x"], object)}, Adapter(inputs={"images": "s"}))


def test_a_constant_for_an_unknown_input_is_refused():
  with pytest.raises(UserError, match="did you mean 'momentum'"):
    feed(
      HYPER,
      {"x": np.zeros((3, 2), np.float32)},
      Adapter(constants={"momentun": 0.5}),
    )


def test_image_sizes_are_the_modules_for_images_alone():
  signature = SignatureInfo(
    {**IMAGE.inputs, "age": TensorInfo("float32", (None, 1))}, {}
  )
  adapter = Adapter(inputs={"images": "photo"})
  features = dict.fromkeys(["photo", "age"])
  for attached, expected in ((None, (4, 4)), ((6, 8), (6, 8))):
    assert adapters.image_sizes(
      adapter, signature, features, image_size=attached
    ) == {"photo": expected}
  open_size = SignatureInfo(
    {"images": TensorInfo("float32", (None, None, None, 3))}, {}
  )
  assert not adapters.image_sizes(
    Adapter(), open_size, {"photo": None}, image_size=None
  )
