"""Draws the progress of long steps as one line on a terminal."""

import contextlib
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from hub_estimator.trainers import terminal

from hub_estimator import progress

_CLEAR = "\r\x1b[K"


class ProgressLine:
  """Keeps one line on a terminal: phase, progress, rate, time left, loss, score."""

  def __init__(
    self,
    stream: TextIO,
    *,
    clock: Callable[[], float] = time.monotonic,
    every_secs: float = 0.5,
  ):
    """Makes a line; nothing is written yet.

    Args:
      stream: a terminal.
      clock: returns seconds.
      every_secs: seconds between two writes.
    """
    self._stream = stream
    self._clock = clock
    self._every_secs = every_secs
    self._what: str | None = None
    self._score: list[str] = []

  def show(self, report: progress.Progress) -> None:
    """Writes a report over the one before; removes the line once the step is done."""
    now = self._clock()
    self._note_score(report)
    if report.what != self._what or report.done < self._first:
      self.clear()
      self._what, self._first = report.what, report.done
      self._started = self._written = now
      return
    if report.done == report.total:
      self.clear()
    elif now - self._written >= self._every_secs:
      self._written = now
      self._stream.write(_CLEAR + self._text(report, now))
      self._stream.flush()

  def clear(self) -> None:
    """Removes the line, since its step is over."""
    if self._what is not None:
      self.make_room()
      self._what = None

  def make_room(self) -> None:
    """Removes the line until the next report, for something else to be written."""
    if self._what is not None:
      self._stream.write(_CLEAR)
      self._stream.flush()

  def _text(self, report: progress.Progress, now: float) -> str:
    """Returns the line: as many of its parts as there is room for, each whole."""
    rate = (report.done - self._first) / max(now - self._started, 1e-9)
    total = "" if report.total is None else f" of {_number(report.total)}"
    parts = [
      f"{report.what}: {_number(report.done)}{total} {report.unit}",
      f"{_number(rate)} {report.unit}/s",
    ]
    if report.total is not None and rate:
      left = clock_text((report.total - report.done) / rate)
      parts.append(f"{left} left")
    if "loss" in report.values:
      parts.append(f"loss {report.values['loss']:.4g}")
      parts += self._score
    # A line that wraps could not be cleared.
    room = terminal.columns_of(self._stream) - 1
    while len(parts) > 1 and len(", ".join(parts)) > room:
      del parts[1]
    return ", ".join(parts)[:room]

  def _note_score(self, report: progress.Progress) -> None:
    """Remembers the most telling metric of an evaluation for the lines after it."""
    if report.done != report.total or "global_step" not in report.values:
      return
    from hub_estimator.model_dir import headline

    best = list(headline(report.values).items())[:1]
    self._score = [f"{name} {value:.4g}" for name, value in best]


@contextlib.contextmanager
def shown(stream: TextIO | None = None) -> Iterator[None]:
  """Draws all progress inside the `with` block, if the stream is a terminal.

  A terminal that can't clear a line, TERM=dumb, gets none.

  Args:
    stream: None means standard error.
  """
  stream = sys.stderr if stream is None else stream
  if not stream.isatty() or os.environ.get("TERM") == "dumb":
    yield
    return
  line = ProgressLine(stream)

  def before_record(record: logging.LogRecord) -> bool:
    line.make_room()
    return True

  handlers = logging.getLogger("hub_estimator").handlers[:]
  for handler in handlers:
    handler.addFilter(before_record)
  with progress.listen(line.show):
    try:
      yield
    finally:
      for handler in handlers:
        handler.removeFilter(before_record)
      line.clear()


def clock_text(seconds: float) -> str:
  """Returns a duration as a clock shows it: 1:02:05, or 2:05 below an hour."""
  minutes, secs = divmod(int(seconds + 0.5), 60)
  hours, minutes = divmod(minutes, 60)
  return f"{hours}:{minutes:02}:{secs:02}" if hours else f"{minutes}:{secs:02}"


def _number(value: float) -> str:
  return (
    f"{value:,.1f}" if value < 100 and value != int(value) else f"{value:,.0f}"
  )
