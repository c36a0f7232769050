"""A user's own augmentation and tokenizer need only follow the contracts."""

import numpy as np

from hub_estimator.modules import TensorInfo
from hub_estimator.preprocessing import Adapter, Augmentation, Tokenizer
from hub_estimator.tensorflow_runtime import tf
from tests.preprocessing.fed_modules import IMAGE, feed


class _Dark:
  def build(self, images, seed):
    return images * 0.5


class _Lengths:
  """Tokenizes a string into its length."""

  def strings(self, features):
    return list(features)

  def specs(self, features, signature):
    return {"ids": TensorInfo("int64", (1,))}

  def build(self, features, signature, info):
    (strings,) = features.values()
    return {"ids": tf.strings.length(strings)[:, tf.newaxis]}


def test_an_augmentation_of_ones_own_changes_images():
  dark: Augmentation = _Dark()
  images = np.ones([1, 4, 4, 3], np.float32)
  got = feed(IMAGE, {"image": images}, Adapter(augment=[dark]))
  np.testing.assert_allclose(got["images"], 0.5)


def test_a_tokenizer_of_ones_own_is_an_adapters():
  lengths: Tokenizer = _Lengths()
  assert Adapter(tokenizer=lengths).tokenizer is lengths
