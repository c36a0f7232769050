import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import Examples, FeatureSpec, spec_of


def test_a_type_is_of_one_example():
  assert spec_of(np.zeros((3, 2, 5), np.uint8)) == FeatureSpec("uint8", (2, 5))


def test_examples_are_taken_in_any_order():
  examples = Examples({"x": np.arange(4)}, np.arange(4) * 10, "here")
  features, labels = examples.take(np.array([3, 0]))
  assert features["x"].tolist() == [3, 0]
  assert labels.tolist() == [30, 0]


@pytest.mark.parametrize(
  ("shape", "fits"),
  [((2, 7), True), ((2,), False), ((3, 7), False), ((2, 7, 1), False)],
)
def test_a_dimension_of_none_accepts_any_size(shape, fits):
  assert FeatureSpec("int64", (2, None)).accepts_shape(shape) is fits


def test_columns_of_different_lengths_are_refused():
  with pytest.raises(UserError, match="here has columns of different lengths"):
    Examples({"x": np.arange(3)}, {"y": np.arange(2)}, "here")
