"""Workers that Ray places on the machines of its cluster.

Each worker is a Ray task that starts the same process as on a single machine. Ray
counts CPUs and GPUs and decides where the task runs.
"""

import os
import pathlib
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any

from hub_estimator.errors import UserError, one_line
from hub_estimator.workers.commands import (
  command_of,
  start_logged,
  worker_environment,
)
from hub_estimator.workers.interface import Program


class RayWorkers:
  """A fixed number of tasks, each of which can be replaced on any machine."""

  def __init__(
    self,
    program: Program,
    count: int,
    *,
    address: str | None,
    cpus: float,
    gpus: float,
  ):
    """Connects to Ray; no task is started yet.

    Args:
      program: that each worker runs; all machines share the directory of its logs.
      count: how many workers.
      address: of the cluster, such as "auto" or "ray-head:6379"; None starts a
        cluster on this machine.
      cpus: CPUs that one worker occupies.
      gpus: GPUs that one worker occupies.

    Raises:
      UserError: Ray isn't installed, or there is no cluster at `address`.
    """
    self._ray = _connect(address)
    self._run = self._ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=0)(
      _run
    )
    self._program = program
    self._tasks: dict[int, Any] = dict.fromkeys(range(count))

  def __len__(self) -> int:
    return len(self._tasks)

  def start_missing(self) -> None:
    """Starts the workers that aren't running; they wait until Ray has room."""
    self._program.logs.mkdir(parents=True, exist_ok=True)
    for number, task in self._tasks.items():
      if task is None:
        self._tasks[number] = self._run.remote(
          command_of(self._program, number),
          str(self._program.log_of(number)),
          worker_environment(),
          os.getcwd(),
        )

  def reap(self) -> list[int]:
    """Returns the exit codes of workers that have ended since the last call."""
    codes = []
    for number, task in self._tasks.items():
      if task is None or not self._ray.wait([task], timeout=0)[0]:
        continue
      try:
        codes.append(self._ray.get(task))
      except self._ray.exceptions.RayError:  # Its process or its machine died.
        codes.append(-1)
      self._tasks[number] = None
    return codes

  def any_alive(self) -> bool:
    """Returns whether at least one worker runs or waits for room."""
    return any(task is not None for task in self._tasks.values())

  def stop(self) -> None:
    """Stops all workers; the next start continues their work."""
    for task in self._tasks.values():
      if task is not None:
        self._ray.cancel(task, force=True)
    self._ray.shutdown()


def _connect(address: str | None) -> ModuleType:
  """Returns Ray, connected to a cluster."""
  try:
    import ray
  except ImportError as error:
    raise UserError(
      "Ray workers need Ray: pip install 'hub-estimator[ray]'."
    ) from error
  try:
    ray.init(
      address=address,
      ignore_reinit_error=True,
      log_to_driver=False,
      include_dashboard=False,
      configure_logging=False,
    )
  except (ConnectionError, RuntimeError, ValueError) as error:
    raise UserError(
      f"There is no Ray cluster at {address!r}: {one_line(error)}"
    ) from error
  return ray


def _run(
  command: Sequence[str],
  log: str,
  environment: Mapping[str, str],
  directory: str,
) -> int:
  """Runs a worker's process in a Ray task; returns its exit code."""
  with start_logged(
    command, pathlib.Path(log), environment, directory
  ) as process:
    return process.wait()
