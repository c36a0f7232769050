"""SIGTERM and Ctrl-C: a run finishes its step, writes a checkpoint, and stops.

A scheduler that wants a machine back sends SIGTERM, and kills some seconds later.
"""

import contextlib
import signal
import threading
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Preempted(BaseException):
  """A signal stopped the run; the same command resumes it.

  Like KeyboardInterrupt it is no Exception, so that code which survives errors, as an
  export does, lets it pass.

  Attributes:
    number: the signal's.
    step: of the last checkpoint that was written; None if there is none.
  """

  def __init__(self, number: int, step: int | None = None):
    super().__init__(
      f"stopped by {signal.Signals(number).name}"
      + (f" at step {step}" if step is not None else "")
      + "; the same command resumes from the last checkpoint."
    )
    self.number = number
    self.step = step


class Preemption:
  """Stops a run on a signal, at a point where nothing is lost.

  While steps are trained, that point is the end of the current step. Elsewhere, in a
  check, an evaluation or an export, the signal stops the run at once: files are written
  whole or not at all. A second signal always stops it at once.

  Attributes:
    stepping: whether training steps are running.
    signal: the first that came, or None.
  """

  def __init__(self) -> None:
    self.stepping = False
    self.signal: int | None = None

  @contextlib.contextmanager
  def watching(self) -> Iterator["Preemption"]:
    """Handles signals inside the `with` block; only in the main thread."""
    if threading.current_thread() is not threading.main_thread():
      yield self
      return
    before = {
      number: signal.signal(number, self._handle) for number in _SIGNALS
    }
    try:
      yield self
    finally:
      for number, handler in before.items():
        signal.signal(number, handler)

  def _handle(self, number: int, frame: FrameType | None) -> None:
    del frame
    again = self.signal is not None
    self.signal = number
    if again or not self.stepping:
      raise Preempted(number)
