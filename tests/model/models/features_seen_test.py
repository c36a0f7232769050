"""What a model_fn reads of its features is noted."""

import pytest

from hub_estimator.inputs import FeatureSpec
from hub_estimator.model.models.features_seen import FeaturesSeen, placeholders
from hub_estimator.tensorflow_runtime import tf


@pytest.mark.parametrize(
  "read, names",
  [
    (lambda f: f["x"], {"x"}),
    (lambda f: f.get("y"), {"y"}),
    (lambda f: f.get("z"), {"z"}),
    (lambda f: f.pop("x"), {"x"}),
    (lambda f: "x" in f, set()),
    (list, {"x", "y"}),
    (dict, {"x", "y"}),
    (lambda f: {**f}, {"x", "y"}),
    (lambda f: list(f.values()), {"x", "y"}),
    (lambda f: f.copy(), {"x", "y"}),
    (lambda f: sorted(f.items()), {"x", "y"}),
  ],
)
def test_reading_is_noted(read, names):
  features = FeaturesSeen({"x": 1, "y": 2})
  read(features)
  assert features.read == names


def test_placeholders_have_the_types_of_the_features():
  with tf.Graph().as_default():
    made = placeholders({"t": FeatureSpec("string", (None, 2))})
    assert made["t"].dtype == tf.string
    assert made["t"].shape.as_list() == [None, None, 2]
