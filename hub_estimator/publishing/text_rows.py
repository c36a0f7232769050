"""Reads word vectors from text, as word2vec and GloVe write it."""

import io
import itertools
import warnings
from collections.abc import Iterator, Sequence

import numpy as np

from hub_estimator.errors import UserError, one_line
from hub_estimator.publishing.rows import Row, open_file, shown

_LINES_AT_ONCE = 4096
_SHOWN_BYTES = 80

# The number of a line, from 1, and the line without its end.
_Line = tuple[int, bytes]


def read(path: str) -> Iterator[Row]:
  """Yields the rows of a text file with a word and its numbers on each line.

  A header of two integers, as word2vec writes it, is skipped. The first row
  determines the width.

  Args:
    path: the file; may be compressed with gzip.

  Raises:
    UserError: the file can't be read, or its first row has no numbers.
  """
  with open_file(path) as file:
    lines = _numbered_lines(path, file)
    first = next(lines, None)
    if first is not None and _is_header(first[1]):
      first = next(lines, None)
    if first is None:
      return
    width = _width(path, *first)
    lines = itertools.chain([first], lines)
    while chunk := list(itertools.islice(lines, _LINES_AT_ONCE)):
      yield from _parse(path, chunk, width)


def _numbered_lines(path: str, file: io.BufferedIOBase) -> Iterator[_Line]:
  try:
    for number, line in enumerate(file, 1):
      yield number, line.rstrip(b" \t\r\n")
  except (OSError, EOFError) as error:
    raise UserError(f"{path}: {one_line(error)}") from error


def _is_header(line: bytes) -> bool:
  fields = line.split()
  return len(fields) == 2 and all(f.isdigit() for f in fields)


def _width(path: str, number: int, line: bytes) -> int:
  width = len(line.split()) - 1
  if width < 1:
    raise UserError(
      f"{path}, line {number}: expected a word and its numbers, not "
      f"{shown(line[:_SHOWN_BYTES])!r}."
    )
  return width


def _parse(path: str, lines: Sequence[_Line], width: int) -> Iterator[Row]:
  """Yields the rows of lines; parses all numbers at once if no line is odd."""
  words, numbers = [], []
  for _, line in lines:
    word, _, rest = line.partition(b" ")
    words.append(word)
    numbers.append(rest)
  table = None
  if all(rest.count(b" ") == width - 1 for rest in numbers):
    table = _floats(b" ".join(numbers), len(numbers) * width)
  for i, (number, line) in enumerate(lines):
    where = f"{path}, line {number}"
    if table is not None:
      yield Row(words[i], table[i * width : (i + 1) * width], where)
    else:
      yield _parse_line(line, width, where)


def _parse_line(line: bytes, width: int, where: str) -> Row:
  # Words may contain spaces, as in GloVe of 840 billion tokens.
  fields = line.split()
  word = b" ".join(fields[:-width])
  values = _floats(b" ".join(fields[-width:]), width)
  if len(fields) <= width or values is None:
    problem = (
      f"expected a word and {width} numbers, not {shown(line[:_SHOWN_BYTES])!r}"
    )
    return Row(word, problem, where)
  return Row(word, values, where)


def _floats(text: bytes, count: int) -> np.ndarray | None:
  """Returns `count` finite numbers, or None if the text isn't that."""
  try:
    with warnings.catch_warnings():
      # Older versions of NumPy only warn at text that they can't read.
      warnings.simplefilter("ignore", DeprecationWarning)
      values = np.fromstring(text, dtype=np.float32, sep=" ")
  except ValueError:
    return None
  return values if len(values) == count and np.isfinite(values).all() else None
