"""Error messages are one line, with what came and what exists."""

import pytest

from hub_estimator.errors import (
  UserError,
  check_count,
  check_regex,
  nearest,
  one_line,
)


@pytest.mark.parametrize("value", [0, -1, True, 1.0, "1", None])
def test_a_value_that_is_no_count_is_named(value):
  with pytest.raises(UserError) as told:
    check_count(value, "run.max_steps")
  assert str(told.value) == (
    f"run.max_steps is {value!r}; it is an integer above 0."
  )


def test_the_smallest_count_can_be_zero():
  check_count(1, "a")
  check_count(0, "a", least=0)
  with pytest.raises(
    UserError, match="a is -1; it is an integer of at least 0"
  ):
    check_count(-1, "a", least=0)


def test_the_nearest_name_comes_first():
  assert nearest("acuracy", ["loss", "accuracy"]) == (
    "did you mean 'accuracy'? It has: accuracy, loss."
  )
  assert nearest("x", []) == "it has: nothing."
  assert nearest("x", map(str, range(99))).endswith(", ….")


def test_a_broken_regex_is_shown():
  check_regex("^a+$", "run.x")
  with pytest.raises(UserError, match=r"run\.x: '\(' isn't a regex"):
    check_regex("(", "run.x")


def test_messages_are_folded():
  assert one_line(ValueError("  a\n\n b \n")) == "a b"


def test_a_good_hint_is_not_buried_under_all_names():
  names = [f"name{i:02}" for i in range(40)] + ["accuracy"]
  assert nearest("acuracy", names).count(",") == 12
  assert nearest("zzz", names).count(",") == 30
