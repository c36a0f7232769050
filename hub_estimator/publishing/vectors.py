"""Word vectors, streamed from arrays or files.

Words go to a file with one word per line, which becomes the module's vocabulary.
Rows go to a file of bare float32 values and are read again in chunks. Memory holds
one chunk, and all words once, to find repeated ones.
"""

import dataclasses
import logging
import os
import pathlib
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np

from hub_estimator import progress
from hub_estimator.errors import UserError, nearest
from hub_estimator.publishing import npy_rows, text_rows
from hub_estimator.publishing.rows import Row
from hub_estimator.publishing.vocabulary import VocabularyWriter

BAD_ROWS = ("raise", "skip")
_WORDS_FILE = "tokens.txt"  # Also the name of the module's asset.
_REPORT_EVERY_ROWS = 10_000
_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Vectors:
  """Words and their vectors.

  Attributes:
    words: a file with one word per line.
    rows: the number of words, at least 1.
    width: the width of a vector.
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
  """Returns words and vectors that are in memory, or in a `np.memmap`.

  Args:
    words: a different word for each row.
    vectors: [words, width].
    scratch: a directory for files.

  Raises:
    UserError: the numbers of words and rows differ or are 0, or a word is empty,
      repeated, or contains a line break.
  """
  if vectors.ndim != 2 or len(words) != vectors.shape[0] or not len(words):
    raise UserError(
      f"There are {len(words)} words, and vectors of shape "
      f"{list(vectors.shape)}; each word must have one row."
    )
  with VocabularyWriter(scratch / _WORDS_FILE) as vocabulary:
    for row, word in enumerate(words):
      vocabulary.add(word.encode(), f"Word {row}")

  def read(count: int) -> Iterator[np.ndarray]:
    for first in range(0, len(words), count):
      yield np.asarray(vectors[first : first + count], np.float32)

  return Vectors(vocabulary.path, len(words), vectors.shape[1], read)


def from_file(
  path: str,
  scratch: pathlib.Path,
  *,
  vocabulary: str | None = None,
  max_words: int | None = None,
  bad_rows: str = "raise",
) -> Vectors:
  """Returns the vectors in a file; text may be compressed with gzip.

  Args:
    path: text with a word and its numbers on each line, as word2vec (with its
      header or without) and GloVe write it; or .npy [words, width] of floats.
    scratch: a directory for files, which become as large as the vectors.
    vocabulary: for .npy: a file with one word per line.
    max_words: how many words to use, from the first; None uses all.
    bad_rows: "raise", or "skip" to leave out rows of another width and rows whose
      word is empty or repeated, and to log how many they are.

  Raises:
    UserError: a file doesn't exist or has no vectors, an option has a wrong value,
      or a row is bad; the message names the line.
  """
  if bad_rows not in BAD_ROWS:
    raise UserError(f"bad_rows {bad_rows!r}: {nearest(bad_rows, BAD_ROWS)}")
  if max_words is not None and max_words < 1:
    raise UserError(f"max_words is {max_words}; it must be at least 1.")
  return _spool(
    _read_rows(path, vocabulary),
    path,
    scratch,
    max_words=max_words,
    skip=bad_rows == "skip",
  )


def _read_rows(path: str, vocabulary: str | None) -> Iterator[Row]:
  is_npy = path.endswith(".npy")
  if is_npy and vocabulary is None:
    raise UserError(f"{path!r} contains no words; name its vocabulary.")
  if not is_npy and vocabulary is not None:
    raise UserError(f"{path!r} contains its words; remove the vocabulary.")
  for name in filter(None, (path, vocabulary)):
    if not os.path.isfile(os.path.expanduser(name)):
      raise UserError(f"There is no file {name!r}.")
  if vocabulary is not None:
    return npy_rows.read(path, vocabulary)
  return text_rows.read(path)


def _spool(
  rows: Iterable[Row],
  path: str,
  scratch: pathlib.Path,
  *,
  max_words: int | None,
  skip: bool,
) -> Vectors:
  """Writes words and rows to files; returns vectors that read them."""
  spooled = scratch / "vectors.float32"
  width = 0
  with (
    VocabularyWriter(scratch / _WORDS_FILE, skip=skip) as words,
    spooled.open("wb") as file,
  ):
    for word, values, where in rows:
      if words.count == max_words:
        break
      if isinstance(values, str):
        words.refuse(f"{where}: {values}")
      elif words.add(word, where):
        width = len(values)
        file.write(values.tobytes())
        if words.count % _REPORT_EVERY_ROWS == 0:
          progress.report(
            f"reading {path}", words.count, max_words, unit="rows"
          )
  if not words.count:
    raise UserError(f"{path} has no vectors.")
  if words.refused:
    _log.warning(
      "%s: left out %d rows, the first because: %s",
      path,
      words.refused,
      words.first_refusal,
    )

  def read(count: int) -> Iterator[np.ndarray]:
    with spooled.open("rb") as file:
      while content := file.read(count * width * 4):
        yield np.frombuffer(content, np.float32).reshape(-1, width)

  return Vectors(words.path, words.count, width, read)
