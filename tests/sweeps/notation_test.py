"""The notation of `sweep.space`: read, or refused."""

import pytest

from hub_estimator.errors import UserError
from hub_estimator.sweeps import read_space


def test_the_order_of_keys_changes_nothing():
  forward = {"A": [1, 2], "B": {"x": {"C": 1, "D": 2}, "y": {"C": 2, "D": 1}}}
  backward = {"B": {"y": {"D": 1, "C": 2}, "x": {"D": 2, "C": 1}}, "A": [1, 2]}
  assert repr(read_space(forward)) == repr(read_space(backward))


@pytest.mark.parametrize(
  ("raw", "message"),
  [
    ({}, "is {}; it is {binding: what varies}"),
    ({"A": []}, "'A' has no choices"),
    ({"A": 3}, r"'A' is 3; it is a list of choices"),
    ({"A": ("logg", 1, 2)}, "kind 'logg': did you mean 'log'"),
    ({"A": ("log", 0, 2)}, "the low end of 'log' above 0"),
    ({"A": ("float", 2, 1)}, "low is below high"),
    ({"A": ("int", 1.5, 2)}, r"'A' is \('int', 1.5, 2\)"),
    ({"A": ["x", "x"]}, "the choice 'x' twice"),
    ({"A": {"x": 1}}, r"'A', 'x' is 1; it is {binding: value"),
    ({"A": [1], "b": {"x": {"A": 2}}}, "sets 'A' twice: in 'A' and in 'b'"),
  ],
)
def test_an_invalid_space_is_refused_by_its_wrong_entry(raw, message):
  with pytest.raises(UserError, match=message):
    read_space(raw)
