import math

import pytest

from hub_estimator.inputs import number_text


@pytest.mark.parametrize(
  ("text", "value"),
  [("12", 12), (" -3 ", -3), ("+7", 7), (str(2**63 - 1), 2**63 - 1)],
)
def test_integers_are_read(text, value):
  assert number_text.to_int(text) == value


@pytest.mark.parametrize("text", ["1_05", "١٢", "1.0", "1 2", "0x1"])
def test_what_only_python_takes_for_an_integer_is_none(text):
  with pytest.raises(ValueError, match="."):
    number_text.to_int(text)


@pytest.mark.parametrize("text", [str(2**63), "-" + "9" * 5000])
def test_integers_beyond_int64_overflow(text):
  with pytest.raises(OverflowError):
    number_text.to_int(text)


def test_floats_are_read_and_say_if_they_are_infinite():
  assert number_text.to_float(" 1e3 ") == 1000
  assert math.isnan(number_text.to_float("NaN"))
  assert number_text.to_float("-inf") == -math.inf
  assert not number_text.is_finite("inf")
  for text in ("1_0.5", "1e39", "1e999", "٣", "1,5", ""):
    assert not number_text.is_number(text)
  assert number_text.is_number("3.4e38")


@pytest.mark.parametrize(
  ("text", "separated"),
  [
    ("1,234", True),
    ("12 345.5", True),
    ("1.234,5", True),
    ("3,14", True),
    ("1_05", True),
    ("1234", False),
    ("a,b", False),
    ("12,34,56", False),
    ("192.168.1.1", False),
  ],
)
def test_separators_inside_of_numbers_are_found(text, separated):
  assert number_text.has_separators(text) is separated
