"""A worker of a sweep as a process: `python -m hub_estimator.sweeps.worker`.

It must import everything that a trial needs, so that forks of it share the import.
"""

import logging
import os
import sys
import threading
import time
from collections.abc import Sequence

from hub_estimator.sweeps.sweep_dir import SweepDir
from hub_estimator.sweeps.trial_loop import work

_POLL_SECS = 0.5


def main(arguments: Sequence[str]) -> None:
  """Runs trials until no work is left.

  Args:
    arguments: the sweep_dir; URL, name and identity of the study; this worker's
      number.
  """
  path, url, name, identity, worker = arguments
  _end_with_parent()
  logging.basicConfig(format="%(asctime)s %(message)s", level=logging.INFO)
  for noisy in ("tensorflow", "absl"):
    logging.getLogger(noisy).setLevel(logging.ERROR)
  work(
    SweepDir.at(path),
    url=url,
    name=name,
    identity=identity,
    worker=int(worker),
  )


def _end_with_parent() -> None:
  """Ends this process when the command that started it is gone, even killed."""
  parent = os.getppid()

  def watch() -> None:
    while os.getppid() == parent:
      time.sleep(_POLL_SECS)
    os._exit(1)

  threading.Thread(target=watch, daemon=True).start()


if __name__ == "__main__":
  main(sys.argv[1:])
