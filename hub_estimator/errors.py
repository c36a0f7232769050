"""Mistakes that a user can mend, told in one line."""

import difflib
import re
from collections.abc import Iterable
from typing import Any


class UserError(ValueError):
  """What came, where, and what exists. Commands print it and exit with 2."""


class RunFailed(RuntimeError):
  """A run that started rightly and could not go on. Commands exit with 1."""


def nearest(name: str, known: Iterable[str]) -> str:
  """Returns "did you mean 'x'? It has: …" for an unknown name.

  Args:
    name: what was asked for.
    known: what exists; the nearest of them is named first.
  """
  known = sorted({str(k) for k in known})
  close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.6)
  hint = f"did you mean {close[0]!r}? " if close else ""
  shown = ", ".join(known[:30]) + (", …" if len(known) > 30 else "")
  return f"{hint}It has: {shown or 'nothing'}."


def check_count(value: Any, what: str, *, least: int = 1) -> None:
  """Raises a UserError that names `what` unless `value` is an integer of that size.

  Args:
    value: what came; True and False are no integers.
    what: the binding.
    least: the smallest: 1, or 0.
  """
  if not isinstance(value, int) or isinstance(value, bool) or value < least:
    wanted = "above 0" if least == 1 else f"of at least {least}"
    raise UserError(f"{what} is {value!r}; it is an integer {wanted}.")


def check_regex(pattern: str, what: str) -> None:
  """Raises a UserError that names `what` unless `pattern` is a regex."""
  try:
    re.compile(pattern)
  except re.error as error:
    raise UserError(f"{what}: {pattern!r} isn't a regex: {error}.") from error


def one_line(error: BaseException | str) -> str:
  """Returns an error's message with its line breaks folded."""
  lines = (line.strip() for line in str(error).splitlines())
  return " ".join(line for line in lines if line)
