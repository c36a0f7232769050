"""Functions of the user's get the arguments that they take."""

import functools

import pytest

from hub_estimator.errors import UserError
from hub_estimator.model.models import user_functions


def _two(a, b=1, *, c=2):
  return a, b, c


@functools.wraps(_two)
def _wrapped(*args, **kwargs):
  return _two(*args, **kwargs)


def test_it_gets_what_it_takes():
  given = {"a": 5, "c": 7, "d": 9}
  for function in (_two, _wrapped):
    assert user_functions.call(function, given) == (5, 1, 7)
    assert user_functions.takes(function, "c")
    assert not user_functions.takes(function, "d")
    assert user_functions.full_name(function) == f"{__name__}._two"


def test_what_is_missing_is_named():
  with pytest.raises(UserError, match="x.y _two takes no argument 'd'; .*a, b"):
    user_functions.check(_two, "x.y", needs=["a", "d"])
  with pytest.raises(UserError, match="x.y is 3; it must be a function"):
    user_functions.check(3, "x.y", needs=[])
