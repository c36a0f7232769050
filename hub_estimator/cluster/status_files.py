"""How the members of a cluster tell each other what they do.

All of them see the model_dir, so each writes its status there, into one file that
nobody else writes. A member that is killed and restarted finds all it needs; a queue
on a parameter server would be lost with that server.
"""

import contextlib
import json
import logging
import os
import pathlib
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hub_estimator.cluster.task import CHIEF, PS, Task
from hub_estimator.disk import write_text
from hub_estimator.errors import RunFailed, one_line

_log = logging.getLogger(__name__)
# States of a member.
JOINED, TRAINING, PREEMPTED = "came", "training", "left"
ENDED, FAILED = "ended", "failed"
_POLL_SECS = 0.2


class StatusFiles:
  """The status of each member of a cluster, one file each.

  Only what a member has written since this process joined counts: an earlier start of
  the same run has left its files. Clocks are not compared, because those of two
  machines differ.
  """

  def __init__(self, model_dir: str | os.PathLike[str], task: Task):
    """Writes that this member has joined.

    Args:
      model_dir: of the run; all members see it.
      task: this process's place.
    """
    self._directory = pathlib.Path(model_dir) / "cluster"
    self.task = task
    self.write(JOINED)
    self._old = {
      path: path.read_text() for path in self._directory.glob("*.json")
    }

  def write(self, state: str, **details: Any) -> None:
    """Writes this member's status over the one before."""
    # The id makes each status differ from all others.
    status = {
      "state": state,
      **details,
      "host": socket.gethostname(),
      "process": os.getpid(),
      "id": uuid.uuid4().hex,
    }
    write_text(self._path(self.task), json.dumps(status) + "\n")

  def read(self, task: Task) -> dict[str, Any]:
    """Returns a member's status since this process joined; {} if it has none."""
    path = self._path(task)
    try:
      text = path.read_text()
      return {} if text == self._old.get(path) else json.loads(text)
    except (OSError, ValueError):
      return {}

  def is_in(self, task: Task, *states: str) -> bool:
    """Returns whether a member is in one of some states."""
    return self.read(task).get("state") in states

  def raise_failures(self, tasks: Sequence[Task]) -> None:
    """Raises RunFailed with the message of the first member that failed."""
    for task in tasks:
      status = self.read(task)
      if status.get("state") == FAILED:
        raise RunFailed(f"{task} failed: {status.get('error')}")

  @contextlib.contextmanager
  def reporting_failure(self) -> Iterator[None]:
    """Writes an error that ends this member, so that the others see it."""
    try:
      yield
    except Exception as error:
      with contextlib.suppress(OSError):  # The disk may be full.
        self.write(FAILED, error=one_line(error))
      raise

  def wait(
    self,
    until: Callable[[], Any],
    what: Callable[[], str] | None = None,
    *,
    log_every_secs: float = 30.0,
  ) -> None:
    """Waits for a condition, and logs now and then what is missing.

    Args:
      until: returns whether to continue.
      what: returns what is missing; None logs nothing.
      log_every_secs: seconds between two log lines.

    Raises:
      RunFailed: the chief's training failed meanwhile.
    """
    logged = time.monotonic()
    while not until():
      self.raise_failures(self.task.others(CHIEF))
      if what is not None and time.monotonic() - logged > log_every_secs:
        logged = time.monotonic()
        _log.info("%s waits for %s.", self.task, what())
      time.sleep(_POLL_SECS)

  def wait_for_servers(self, *, log_every_secs: float = 30.0) -> None:
    """Waits until all parameter servers accept connections.

    TensorFlow would wait too, without a word about which one is missing.

    Args:
      log_every_secs: seconds between two log lines.
    """
    missing = self.task.others(PS)

    def all_accept() -> bool:
      missing[:] = [t for t in missing if not _accepts(t.address)]
      return not missing

    self.wait(
      all_accept,
      lambda: ", ".join(f"{t} at {t.address}" for t in missing),
      log_every_secs=log_every_secs,
    )

  def _path(self, task: Task) -> pathlib.Path:
    return self._directory / f"{task.type}-{task.index}.json"


def _accepts(address: str) -> bool:
  host, _, port = address.rpartition(":")
  try:
    with socket.create_connection((host.strip("[]"), int(port)), timeout=2):
      return True
  except OSError:
    return False
