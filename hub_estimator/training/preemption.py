"""SIGTERM and Ctrl-C: the step is finished, a checkpoint written, and that is all.

A scheduler that takes a machine back sends SIGTERM, and kills some seconds later.
"""

import contextlib
import signal
import threading
from types import FrameType

_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Preempted(BaseException):
  """A signal ended the run; the same command goes on with it.

  Like KeyboardInterrupt no Exception: who keeps a run going in spite of errors, as an
  export does, must let it pass.

  Attributes:
    number: the signal's.
    step: of the last checkpoint that was written, or None where there is none.
  """

  def __init__(self, number: int, step: int | None = None):
    super().__init__(
      f"stopped by {signal.Signals(number).name}"
      + (f" at step {step}" if step is not None else "")
      + "; the same command goes on from the last checkpoint."
    )
    self.number = number
    self.step = step


class Preemption:
  """Turns signals into the end of a run, at a place where nothing is lost.

  While steps are trained, the next one's end is that place. Elsewhere, in a check, an
  evaluation or an export, the signal ends what is running at once: what was begun is
  whole or absent anyway. A second signal does so anywhere.

  Attributes:
    stepping: whether steps are being trained, one after the other.
    signal: the first that came, or None.
  """

  def __init__(self):
    self.stepping = False
    self.signal: int | None = None

  @contextlib.contextmanager
  def watching(self):
    """Holds the handlers of signals; in the main thread only, else does nothing."""
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
