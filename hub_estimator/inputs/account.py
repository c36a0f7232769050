"""An account of one file: its lines, its rows, and whatever is odd about them."""

import logging

_log = logging.getLogger(__name__)


class Account:
  """Counts lines and rows while a file is read, and logs what a reader should know.

  Attributes:
    path: the file.
    lines: how many lines were read so far.
    blank: how many of them were blank.
    notes: whatever was odd, a sentence each.
  """

  def __init__(self, path: str) -> None:
    """Starts the account."""
    self.path = path
    self.lines = 0
    self.blank = 0
    self.notes: list[str] = []

  def note(self, message: str) -> None:
    """Keeps a sentence about the file, and logs it as a warning."""
    self.notes.append(message)
    _log.warning("%s: %s", self.path, message)

  def close(self, rows: int, skipped: int = 0) -> None:
    """Logs the number of lines against the number of rows.

    Args:
      rows: that were read.
      skipped: bad rows that were left out.
    """
    _log.info(
      "%s: %d rows from %d lines; %d blank lines; %d bad rows skipped.",
      self.path,
      rows,
      self.lines,
      self.blank,
      skipped,
    )
