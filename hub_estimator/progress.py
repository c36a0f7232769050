"""Progress of long steps, reported to whoever listens.

The library prints nothing. A command draws a line on its terminal, a notebook a
bar, a server a number: each listens while the step runs.
"""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Mapping


@dataclasses.dataclass(frozen=True)
class Progress:
  """How far a long step has come.

  Attributes:
    what: the step, such as "training" or "downloading /modules/bert.tar.gz".
    done: units that are done.
    total: units in all; None where that is unknown.
    unit: of `done` and `total`, such as "steps", "examples" or "bytes".
    values: of training, the "loss" of the last step; at the end of an evaluation, its
      metrics by name.
  """

  what: str
  done: int
  total: int | None = None
  unit: str = "steps"
  values: Mapping[str, float] = dataclasses.field(default_factory=dict)


Listener = Callable[[Progress], None]
_listeners: list[Listener] = []


@contextlib.contextmanager
def listen(listener: Listener) -> Iterator[None]:
  """Calls a function with each progress report inside the `with` block.

  Args:
    listener: is called in the thread that does the work, so it must be fast; an
      error that it raises stops the step.
  """
  _listeners.append(listener)
  try:
    yield
  finally:
    _listeners.remove(listener)


def report(
  what: str,
  done: int,
  total: int | None = None,
  *,
  unit: str = "steps",
  values: Mapping[str, float] | None = None,
) -> None:
  """Tells all listeners how far a step has come.

  Args:
    what: the step.
    done: units that are done.
    total: units in all; None where that is unknown.
    unit: of both.
    values: numbers that the step has computed, by name.
  """
  for listener in tuple(_listeners):
    listener(Progress(what, done, total, unit, values or {}))
