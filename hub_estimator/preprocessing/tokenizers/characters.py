"""Classes of characters, as regular expressions."""

import functools
import sys
from collections.abc import Callable


@functools.cache
def class_of(rule: Callable[[str], bool]) -> str:
  """Returns a regular expression for any one character that a rule holds for.

  Args:
    rule: a function, which is called once with each character.
  """
  ranges: list[list[int]] = []
  for code in range(sys.maxunicode + 1):
    if not rule(chr(code)):
      continue
    if ranges and ranges[-1][1] == code - 1:
      ranges[-1][1] = code
    else:
      ranges.append([code, code])
  listed = (rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in ranges)
  return f"[{''.join(listed)}]"
