"""A vocabulary that is being written: one word per line, none twice."""

import pathlib
from typing import Self

from hub_estimator.errors import UserError
from hub_estimator.publishing.rows import shown


class VocabularyWriter:
  """Writes words to a file; `with` closes it.

  Attributes:
    path: the file.
    count: words written.
    refused: rows left out.
    first_refusal: why the first row was left out, or "".
  """

  def __init__(self, path: pathlib.Path, *, skip: bool = False) -> None:
    """Opens the file.

    Args:
      path: a file to create or overwrite.
      skip: whether to leave out bad rows instead of raising.
    """
    self.path = path
    self.count = 0
    self.refused = 0
    self.first_refusal = ""
    self._skip = skip
    self._seen: set[bytes] = set()
    self._file = path.open("wb")

  def __enter__(self) -> Self:
    return self

  def __exit__(self, *unused: object) -> None:
    self._file.close()
    self._seen.clear()

  def add(self, word: bytes, where: str) -> bool:
    """Writes a word; returns whether it could be written.

    Args:
      word: in UTF-8.
      where: the word's place in its source, for messages.

    Raises:
      UserError: the word is empty, repeated, or contains a line break, and bad
        rows aren't skipped.
    """
    if not word or b"\n" in word or b"\r" in word:
      self.refuse(
        f"{where} is {shown(word)!r}: empty, or it contains a line break"
      )
      return False
    if word in self._seen:
      self.refuse(f"{where}, {shown(word)!r}, repeats an earlier word")
      return False
    self._seen.add(word)
    self._file.write(word + b"\n")
    self.count += 1
    return True

  def refuse(self, why: str) -> None:
    """Counts a bad row.

    Args:
      why: where it is, and the reason.

    Raises:
      UserError: bad rows aren't skipped.
    """
    if not self._skip:
      raise UserError(f"{why}.")
    self.refused += 1
    self.first_refusal = self.first_refusal or why
