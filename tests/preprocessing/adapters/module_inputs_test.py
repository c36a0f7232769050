"""Features get the dtypes and shapes of a module's signature."""

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.preprocessing import Adapter
from tests.preprocessing.fed_modules import HYPER, TEXT, TWO, feed


def test_inputs_are_filled_by_name_cast_and_given_their_last_dimension():
  features = {
    "a": np.array([1, 2]),
    "b": np.ones((2, 2), np.float32),
    "unused": np.ones(2, np.float32),
  }
  got = feed(TWO, features)
  assert got["a"].dtype == np.float32
  np.testing.assert_array_equal(got["a"], [[1], [2]])
  assert set(got) == {"a", "b"}


def test_a_wrong_dtype_is_refused():
  with pytest.raises(
    UserError, match=r"'n' .* is float32, and the module wants string"
  ):
    feed(TEXT, {"n": np.ones(2, np.float32)})


def test_a_wrong_shape_is_refused():
  features = {"a": np.ones(2, np.float32), "b": np.ones((2, 3), np.float32)}
  with pytest.raises(UserError, match=r"'b' .* has shape \[None, 3\]"):
    feed(TWO, features)


@pytest.mark.parametrize(
  "constant, mode, expected",
  [
    (0.5, "eval", 0.5),
    ({"train": 0.9, "eval": 0.1, "infer": 0.0}, "train", 0.9),
    ({"train": 0.9, "eval": 0.1, "infer": 0.0}, "infer", 0.0),
  ],
)
def test_hyperparameters_are_constants_of_the_mode(constant, mode, expected):
  # The other input reads the only feature, under any name.
  got = feed(
    HYPER,
    {"numbers": np.zeros((3, 2), np.float32)},
    Adapter(constants={"momentum": constant}),
    mode=mode,
  )
  assert got["momentum"] == np.float32(expected)
  assert got["x"].shape == (3, 2)
