"""Datasets of TensorFlow Datasets, prepared for real, without a network."""

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec, Tfds


@pytest.fixture(scope="module")
def prepared(tmp_path_factory) -> str:
  import tensorflow_datasets as tfds

  tfds.disable_progress_bar()

  class Pictures(tfds.core.GeneratorBasedBuilder):
    """Made for the test."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
      features = {
        "small": tfds.features.Image(shape=(4, 4, 1)),
        "any_size": tfds.features.Image(shape=(None, None, 3)),
        "text": tfds.features.Text(),
        "label": tfds.features.ClassLabel(names=["even", "odd"]),
        "nested": {"x": np.float32},
      }
      return tfds.core.DatasetInfo(
        builder=self, features=tfds.features.FeaturesDict(features)
      )

    def _split_generators(self, dl_manager):
      del dl_manager
      return {"train": self._generate_examples(10)}

    def _generate_examples(self, count):
      for i in range(count):
        yield (
          i,
          {
            "small": np.full((4, 4, 1), i, np.uint8),
            "any_size": np.full((2 + i, 3, 3), i, np.uint8),
            "text": f"number {i}",
            "label": i % 2,
            "nested": {"x": i / 2},
          },
        )

  builder = Pictures(data_dir=str(tmp_path_factory.mktemp("tfds")))
  builder.download_and_prepare()
  return str(builder.data_path)


def test_examples_have_the_values_that_were_stored(prepared):
  examples = Tfds(prepared, "train").read()
  assert examples.specs() == {
    "any_size": FeatureSpec("string"),
    "nested/x": FeatureSpec("float32"),
    "small": FeatureSpec("uint8", (4, 4, 1)),
    "text": FeatureSpec("string"),
  }
  numbers = examples.features["small"][:, 0, 0, 0]
  assert sorted(numbers.tolist()) == list(range(10))
  np.testing.assert_array_equal(examples.labels, numbers % 2)
  np.testing.assert_array_equal(examples.features["nested/x"], numbers / 2)
  assert examples.features["text"].tolist() == [
    f"number {n}".encode() for n in numbers
  ]
  assert all(
    image.startswith(b"\x89PNG") for image in examples.features["any_size"]
  )


def test_splits_by_percent_divide_the_dataset(prepared):
  first, second = (
    Tfds(prepared, split, features=["text"]).read()
    for split in ("train[:70%]", "train[70%:]")
  )
  assert (len(first), len(second)) == (7, 3)
  assert not set(first.features["text"]) & set(second.features["text"])


def test_the_order_is_the_same_each_time(prepared):
  first, second = (Tfds(prepared, "train").read() for _ in "12")
  assert first.features["text"].tolist() == second.features["text"].tolist()


@pytest.mark.parametrize(
  ("arguments", "message"),
  [
    ({"split": "trian"}, "Unknown split 'trian'.*'train'"),
    ({"features": ["txt"]}, "no feature 'txt'; did you mean 'text'"),
    ({"label": "lable"}, "no feature 'lable'; did you mean 'label'"),
    ({"name": "mnits"}, "no such dataset. did you mean 'mnist'"),
    ({"name": "mnist", "download": False}, "isn't prepared in .*mnist"),
  ],
)
def test_a_name_that_does_not_exist_gives_one_line(
  prepared, tmp_path, arguments, message
):
  arguments = {"name": prepared, "split": "train", **arguments}
  with pytest.raises(UserError, match=message) as error:
    Tfds(**arguments, data_dir=str(tmp_path)).read()
  assert "\n" not in str(error.value)
