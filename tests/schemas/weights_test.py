"""Weights with which nothing is right are refused by count."""

import numpy as np
import pytest

from hub_estimator import inputs, schemas
from hub_estimator.errors import UserError


def _check(values):
  features = {"x": np.zeros(len(values)), "w": np.asarray(values)}
  schemas.check_weights(inputs.Examples(features, None, "d.csv"), "w")


@pytest.mark.parametrize(
  "values, why",
  [
    ([1.0, -2.0, -1.0], "example 1 is -2: it is below 0 in 2 of 3"),
    ([1.0, np.nan], "example 1 is nan: it isn't a finite number in 1 of 2"),
    ([np.inf, 1.0], "example 0 is inf"),
    ([0, 0, 0], "is 0 in all 3 examples"),
    (np.array([b"a", b"b"], object), "not a number"),
  ],
)
def test_bad_weights_are_refused(values, why):
  with pytest.raises(UserError, match=f"d.csv: the weight 'w'.*{why}"):
    _check(values)


def test_lists_are_no_weights():
  lists = inputs.Ragged(np.array([1.0, 2.0, 3.0]), [1, 2])
  examples = inputs.Examples({"w": lists}, None, "d.csv")
  with pytest.raises(UserError, match="'w' is a list in each example"):
    schemas.check_weights(examples, "w")


def test_good_weights_pass():
  _check([0.0, 0.5, 3.0])
  _check(np.array([[1], [0]]))
