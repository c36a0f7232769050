"""Errors that a user can fix, each with a message of one line."""

import difflib
import re
from collections.abc import Iterable
from typing import Any

_MOST_NAMES = 30
_MOST_BESIDE_A_HINT = 12


class UserError(ValueError):
  """An error that the user can fix; commands print it and exit with 2.

  The message says what came, where, and what exists.
  """


class RunFailed(RuntimeError):
  """A run that started correctly and could not finish; commands exit with 1."""


def nearest(name: str, known: Iterable[str], *, owner: str = "it ") -> str:
  """Returns "did you mean 'x'? It has: …" for an unknown name, or "it has: …".

  Args:
    name: the unknown name.
    known: the names that exist; the nearest is named first.
    owner: the words before "has".
  """
  known = sorted({one_line(str(k)) for k in known})
  close = difflib.get_close_matches(str(name), known, n=1, cutoff=0.6)
  hint = f"did you mean {close[0]!r}? " if close else ""
  # A good hint isn't buried under all other names.
  most = _MOST_BESIDE_A_HINT if hint else _MOST_NAMES
  shown = ", ".join(known[:most]) + (", …" if len(known) > most else "")
  if hint:
    owner = owner.capitalize()
  return f"{hint}{owner}has: {shown or 'nothing'}."


def check_count(value: Any, what: str, *, least: int = 1) -> None:
  """Raises a UserError unless a value is an integer of at least some size.

  Args:
    value: the value to check; True and False don't count as integers.
    what: the name of the binding, for the message.
    least: the smallest valid value, 1 or 0.

  Raises:
    UserError: it isn't.
  """
  if not isinstance(value, int) or isinstance(value, bool) or value < least:
    wanted = "above 0" if least == 1 else f"of at least {least}"
    raise UserError(f"{what} is {value!r}; it is an integer {wanted}.")


def check_regex(pattern: str, what: str) -> None:
  """Raises a UserError unless a pattern is a regular expression.

  Args:
    pattern: the pattern to check.
    what: the name of the binding, for the message.

  Raises:
    UserError: it isn't.
  """
  try:
    re.compile(pattern)
  except re.error as error:
    raise UserError(f"{what}: {pattern!r} isn't a regex: {error}.") from error


def one_line(error: BaseException | str) -> str:
  """Returns an error's message without line breaks."""
  lines = (line.strip() for line in str(error).splitlines())
  return " ".join(line for line in lines if line)
