"""Names and bindings that two parameters share."""

import pytest

from hub_estimator.errors import UserError
from hub_estimator.sweeps import read_space
from hub_estimator.sweeps.space import Fixed


def test_a_binding_in_two_branches_has_a_different_name_in_each():
  space = read_space(
    {
      "module": {
        "a": {"HANDLE": "/a", "rate": ("log", 0.1, 1.0)},
        "b": {"HANDLE": "/b", "rate": ("log", 0.001, 0.01)},
      }
    }
  )
  bound = {"module": "b", "rate (module=b)": 0.002}
  assert space.suggest(Fixed(bound)) == ["HANDLE = '/b'", "rate = 0.002"]


@pytest.mark.parametrize(
  "raw",
  [
    {"A": [1], "b": {"x": {"A": 2}}},
    {"b": {"x": {"A": ("choice", 1, 2), "c": {"y": {"A": 3}}}}},
  ],
)
def test_a_binding_that_two_parameters_set_at_once_is_refused(raw):
  with pytest.raises(UserError, match="sets 'A' twice: in 'A' and in '[bc]'"):
    read_space(raw)


def test_other_names_stay_as_they_are():
  space = read_space({"A": [1], "b": {"x": {"C": ("choice", 1, 2)}}})
  assert space.grid() == [{"A": 1, "b": "x", "C": c} for c in (1, 2)]
