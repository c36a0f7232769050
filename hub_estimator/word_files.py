"""Files with one word a line: vocabularies of labels, tokens and categories."""

import logging
import os

from hub_estimator.errors import UserError

_log = logging.getLogger(__name__)


def read_words(path: str, what: str) -> list[str]:
  """Returns the words of a file, in its order, as they are meant.

  A byte order mark, the line ends of Windows and blanks at the ends of lines are no
  part of a word. Empty lines at the end of the file are left out.

  Args:
    path: of a UTF-8 file; ~ is replaced.
    what: the binding that names it, for messages.

  Raises:
    UserError: the file can't be read, or isn't UTF-8.
  """
  try:
    with open(os.path.expanduser(path), encoding="utf-8-sig") as file:
      words = [line.rstrip(" \t\r") for line in file.read().split("\n")]
  except (OSError, UnicodeDecodeError) as error:
    raise UserError(f"{what} {path!r}: {error}.") from error
  while words and not words[-1]:
    words.pop()
  return words


def read_first_lines(path: str, what: str) -> dict[str, int] | None:
  """Returns the index of the first line of each word, for TensorFlow's tables.

  Args:
    path: of a UTF-8 file; ~ is replaced.
    what: the binding that names it, for messages.

  Returns:
    None if TensorFlow reads the file as `read_words` does: it takes a byte order
    mark, blanks at the ends of lines and carriage returns for parts of words, and
    refuses repeated ones, whose number is logged.

  Raises:
    UserError: the file can't be read, or isn't UTF-8.
  """
  words = read_words(path, what)
  first: dict[str, int] = {}
  for i, word in enumerate(words):
    first.setdefault(word, i)
  if len(first) < len(words):
    _log.warning(
      "%s %r: %s; only the first of each counts.",
      what,
      path,
      describe_repeated(words),
    )
    return first
  with open(os.path.expanduser(path), "rb") as file:
    stored = file.read()
  written = "".join(f"{word}\n" for word in words).encode()
  return None if stored.rstrip(b"\n") == written.rstrip(b"\n") else first


def describe_repeated(words: list[str]) -> str:
  """Returns which word is repeated first, in which line, and how many are.

  Args:
    words: at least one of them comes twice.
  """
  lines: dict[str, int] = {}
  for number, word in enumerate(words, 1):
    if word in lines:
      again = len(words) - len(set(words))
      return (
        f"{word!r} of line {lines[word]} comes again in line {number} "
        f"({again} repeated lines)"
      )
    lines[word] = number
  raise ValueError("No word is repeated.")
