"""Numbers written as text: only what JSON and spreadsheets would write.

Python's `int` and `float` also read "1_05" as 105, and digits of all scripts.
"""

import math
import re

import numpy as np

_INT64 = range(-(2**63), 2**63)
# The first number that float32 rounds to infinity.
_FLOAT32_END = float(2**128 - 2**103)
# "1,234", "1 234.5", "1.234,5", "3,14" and "1_000": numbers to people only.
_GROUPED = re.compile(
  r"[+-]?(\d{1,3}([,' _\u00a0\u202f]\d{3})+(\.\d+)?|\d+(_\d+)+|"
  r"\d{1,3}(\.\d{3})*,\d+)"
)


def to_int(text: str) -> int:
  """Returns an integer that int64 holds.

  Raises:
    ValueError: the text is something else.
    OverflowError: int64 doesn't hold the integer.
  """
  if len(text) < 19 and text.isascii() and text.isdigit():
    return int(text)
  _check_plain(text)
  text = text.strip()
  if len(text) > 25 and text.lstrip("+-").isdigit():
    raise OverflowError(text)
  value = int(text)
  if value not in _INT64:
    raise OverflowError(text)
  return value


def to_float(text: str) -> float:
  """Returns a number that float32 holds; it may be NaN or infinite if it says so.

  Raises:
    ValueError: the text is something else.
  """
  _check_plain(text)
  value = float(text)
  if abs(value) >= _FLOAT32_END and "inf" not in text.lower():
    raise ValueError(text)
  return value


def float32_holds(numbers: np.ndarray) -> bool:
  """Returns whether float32 holds all of these finite numbers."""
  return bool((np.abs(numbers) < _FLOAT32_END).all())


def is_number(text: str) -> bool:
  """Returns whether `to_float` reads a text."""
  try:
    to_float(text)
  except ValueError:
    return False
  return True


def is_finite(text: str) -> bool:
  """Returns whether `to_float` reads a text, and neither as NaN nor as infinity."""
  return is_number(text) and math.isfinite(float(text))


def has_separators(text: str) -> bool:
  """Returns whether a text is a number with separators, such as "1,234"."""
  return _GROUPED.fullmatch(text.strip()) is not None


def _check_plain(text: str) -> None:
  if "_" in text or not text.isascii():
    raise ValueError(text)
