"""Word vectors as files have them: word2vec's text, GloVe, .npy; streamed.

Words go to a file of lines, which becomes a module's vocabulary; rows go to a file
of bare float32, read again in chunks. Memory holds a chunk, and the words once, to
find repeated ones.
"""

import collections
import dataclasses
import gzip
import logging
import os
import pathlib
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from hub_estimator.errors import UserError, nearest, one_line

_LOG = logging.getLogger(__name__)
_LINES = 4096
BAD_ROWS = ("raise", "skip")


@dataclasses.dataclass(frozen=True)
class Vectors:
  """Words and their rows.

  Attributes:
    words: file of one word a line.
    rows: how many.
    width: of a row.
    read: takes a number of rows, and yields float32 [at most that many, width],
      in the order of the words.
  """

  words: pathlib.Path
  rows: int
  width: int
  read: Callable[[int], Iterator[np.ndarray]]


def from_arrays(
  words: Sequence[str], vectors: np.ndarray, scratch: pathlib.Path
) -> Vectors:
  """Returns words and vectors that are in memory, or a `np.memmap`.

  Args:
    words: one for each row, all different.
    vectors: [words, width].
    scratch: a directory for files.

  Raises:
    UserError: they don't fit together, or a word is empty, repeated, or holds a
      line break.
  """
  if vectors.ndim != 2 or len(words) != vectors.shape[0] or not len(words):
    raise UserError(
      f"{len(words)} words and vectors of shape {list(vectors.shape)}: each word "
      "has one row."
    )
  kept = _Words(scratch / "tokens.txt", "raise")
  with kept:
    for row, word in enumerate(words):
      kept.add(word.encode(), f"Word {row}")

  def read(count: int) -> Iterator[np.ndarray]:
    for first in range(0, len(words), count):
      yield np.asarray(vectors[first : first + count], np.float32)

  return Vectors(kept.path, len(words), vectors.shape[1], read)


def from_file(
  path: str,
  scratch: pathlib.Path,
  *,
  vocabulary: str | None = None,
  max_words: int | None = None,
  bad_rows: str = "raise",
) -> Vectors:
  """Returns the vectors of a file; text may be compressed by gzip.

  Args:
    path: text of a word and its numbers a line, with word2vec's header or
      without; or .npy [words, width], of floats.
    scratch: a directory for files, as large as the vectors.
    vocabulary: of .npy: a file of one word a line.
    max_words: how many are taken, from the first; None takes all.
    bad_rows: "raise", or "skip": leaves out rows of another width, or whose word
      is empty or was there before, and says how many.

  Raises:
    UserError: there is no such file, or a row is bad; with its line.
  """
  if bad_rows not in BAD_ROWS:
    raise UserError(f"bad_rows {bad_rows!r}: {nearest(bad_rows, BAD_ROWS)}")
  if max_words is not None and max_words < 1:
    raise UserError(f"max_words is {max_words}; it is at least 1.")
  is_npy = path.endswith(".npy")
  if is_npy != (vocabulary is not None):
    raise UserError(
      f"{path!r} holds {'no words: name' if is_npy else 'its words: drop'} the "
      "vocabulary."
    )
  for name in filter(None, (path, vocabulary)):
    if not os.path.isfile(os.path.expanduser(name)):
      raise UserError(f"There is no file {name!r}.")
  pairs = _npy_rows(path, vocabulary) if is_npy else _text_rows(path)
  return _spool(pairs, path, scratch, max_words, bad_rows)


# A word, its row or why it has none, and its place.
_Row = tuple[bytes, np.ndarray | str, str]


def _spool(rows: Iterable[_Row], path, scratch, max_words, bad_rows) -> Vectors:
  spooled = scratch / "vectors.float32"
  words = _Words(scratch / "tokens.txt", bad_rows)
  width = None
  with words, spooled.open("wb") as file:
    for word, row, where in rows:
      if words.count == max_words:
        break
      if isinstance(row, str):
        words.refuse(f"{where}: {row}")
      elif words.add(word, where):
        width = len(row)
        file.write(row.tobytes())
  if not words.count:
    raise UserError(f"{path} has no vectors.")
  if words.refused:
    _LOG.warning(
      "%s: %d rows are left out, the first: %s",
      path,
      words.refused,
      words.first_refusal,
    )

  def read(count: int) -> Iterator[np.ndarray]:
    with spooled.open("rb") as file:
      while content := file.read(count * width * 4):
        yield np.frombuffer(content, np.float32).reshape(-1, width)

  return Vectors(words.path, words.count, width, read)


class _Words:
  """A vocabulary that is being written."""

  def __init__(self, path: pathlib.Path, bad_rows: str):
    self.path = path
    self.count = 0
    self.refused = 0
    self.first_refusal = None
    self._skip = bad_rows == "skip"
    self._seen = set()

  def __enter__(self):
    self._file = self.path.open("wb")
    return self

  def __exit__(self, *unused):
    self._file.close()
    self._seen.clear()

  def add(self, word: bytes, where: str) -> bool:
    """Writes a word; returns whether it could be."""
    if not word or b"\n" in word or b"\r" in word:
      self.refuse(f"{where} is {_text(word)!r}: empty, or with a line break")
      return False
    if word in self._seen:
      self.refuse(f"{where}, {_text(word)!r}, stands there before")
      return False
    self._seen.add(word)
    self._file.write(word + b"\n")
    self.count += 1
    return True

  def refuse(self, why: str) -> None:
    if not self._skip:
      raise UserError(f"{why}.")
    self.refused += 1
    self.first_refusal = self.first_refusal or why


def _text(word: bytes) -> str:
  return word.decode("utf-8", "replace")


def _npy_rows(path: str, vocabulary: str) -> Iterator[_Row]:
  path = os.path.expanduser(path)
  try:
    array = np.load(path, mmap_mode="r")
  except (OSError, ValueError) as error:
    raise UserError(f"{path}: {one_line(error)}") from error
  if array.ndim != 2 or array.dtype.kind != "f":
    raise UserError(
      f"{path} holds {array.dtype} {list(array.shape)}, not floats [words, "
      "width]."
    )
  count = 0
  with _open(vocabulary) as words:
    for row in _array_rows(path, array):
      word = words.readline()
      if not word:
        break
      count += 1
      yield word.rstrip(b"\r\n"), row, f"{vocabulary}, line {count}"
    more = sum(1 for _ in words)
  if more or count < len(array):
    raise UserError(
      f"{vocabulary} has {count + more} words, and {path} {len(array)} rows."
    )


def _array_rows(path: str, array: np.memmap) -> Iterator[np.ndarray]:
  """Yields float32 rows of a mapped file."""
  if (
    not array.flags.c_contiguous
  ):  # Column by column: only the map can turn it.
    for first in range(0, len(array), _LINES):
      yield from array[first : first + _LINES].astype(np.float32, order="C")
    return
  # Mapped pages would count as this process's memory; read, they don't stay.
  with open(path, "rb") as file:
    file.seek(array.offset)
    for _ in range(len(array)):
      content = file.read(array.shape[1] * array.dtype.itemsize)
      yield np.frombuffer(content, array.dtype).astype(np.float32)


def _text_rows(path: str) -> Iterator[_Row]:
  with _open(path) as file:
    lines = _counted_lines(path, file)
    head = collections.deque()
    for number, line in lines:
      if number == 1 and _is_header(line):
        continue
      head.append((number, line))
      break
    if not head:
      return
    width = len(head[0][1].split()) - 1
    if width < 1:
      raise UserError(
        f"{path}, line {head[0][0]}: a word and its numbers are wanted, not "
        f"{_text(head[0][1][:80])!r}."
      )
    while True:
      while len(head) < _LINES and (numbered := next(lines, None)):
        head.append(numbered)
      if not head:
        return
      yield from _parse(path, head, width)
      head.clear()


def _counted_lines(path, file) -> Iterator[tuple[int, bytes]]:
  try:
    for number, line in enumerate(file, 1):
      yield number, line.rstrip(b" \t\r\n")
  except (OSError, EOFError) as error:
    raise UserError(f"{path}: {one_line(error)}") from error


def _parse(path, lines, width) -> Iterator[_Row]:
  """Yields rows of lines; all numbers are parsed at once where no line is odd."""
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
      yield words[i], table[i * width : (i + 1) * width], where
      continue
    # GloVe of 840 billion tokens has words with spaces.
    fields = line.split()
    row = _floats(b" ".join(fields[-width:]), width)
    if len(fields) <= width or row is None:
      row = f"a word and {width} numbers are wanted, not {_text(line[:80])!r}"
    yield b" ".join(fields[:-width]), row, where


def _floats(text: bytes, count: int) -> np.ndarray | None:
  """Returns `count` finite numbers, or None where the text isn't that."""
  try:
    with warnings.catch_warnings():
      # The older NumPy warns of what it can't read, and stops there.
      warnings.simplefilter("ignore", DeprecationWarning)
      values = np.fromstring(text, dtype=np.float32, sep=" ")
  except ValueError:
    return None
  return values if len(values) == count and np.isfinite(values).all() else None


def _is_header(line: bytes) -> bool:
  fields = line.split()
  return len(fields) == 2 and all(f.isdigit() for f in fields)


def _open(path: str):
  path = os.path.expanduser(path)
  with open(path, "rb") as file:
    compressed = file.read(2) == b"\x1f\x8b"
  return gzip.open(path, "rb") if compressed else open(path, "rb")
