"""A trial's heartbeat: tells other machines that its worker is alive."""

import contextlib
import threading
from collections.abc import Iterator

import optuna

from hub_estimator.sweeps.optuna_internals import record_heartbeat
from hub_estimator.sweeps.study import HEARTBEAT_SECS


@contextlib.contextmanager
def heartbeat(study: optuna.Study, trial: optuna.Trial) -> Iterator[None]:
  """Records inside the `with` block, from time to time, that a trial is alive."""
  ended = threading.Event()

  def beat() -> None:
    while True:
      with contextlib.suppress(Exception):  # The next one may get through.
        record_heartbeat(study, trial)
      if ended.wait(HEARTBEAT_SECS):
        return

  thread = threading.Thread(target=beat, daemon=True)
  thread.start()
  try:
    yield
  finally:
    ended.set()
    thread.join()
