"""Draws the progress of long steps as one line on a terminal."""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TextIO

from hub_estimator import progress

_CLEAR = "\r\x1b[K"


class ProgressLine:
  """Keeps one line on a terminal: progress, rate and time left."""

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

  def show(self, report: progress.Progress) -> None:
    """Writes a report over the one before; removes the line once the step is done."""
    now = self._clock()
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
    """Removes the line."""
    if self._what is not None:
      self._what = None
      self._stream.write(_CLEAR)
      self._stream.flush()

  def _text(self, report: progress.Progress, now: float) -> str:
    rate = (report.done - self._first) / max(now - self._started, 1e-9)
    total = "" if report.total is None else f" of {_number(report.total)}"
    text = (
      f"{report.what}: {_number(report.done)}{total} {report.unit}, "
      f"{_number(rate)} {report.unit}/s"
    )
    if report.total is None or not rate:
      return text
    return f"{text}, {clock_text((report.total - report.done) / rate)} left"


@contextlib.contextmanager
def shown(stream: TextIO | None = None) -> Iterator[None]:
  """Draws all progress inside the `with` block, if the stream is a terminal.

  Args:
    stream: None means standard error.
  """
  stream = sys.stderr if stream is None else stream
  if not stream.isatty():
    yield
    return
  line = ProgressLine(stream)
  with progress.listen(line.show):
    try:
      yield
    finally:
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
