"""Workers that Ray places on the machines of its cluster.

Each is a task that starts the same process as elsewhere; Ray counts its CPUs and
GPUs, and says where it runs.
"""

import os
import pathlib
import subprocess
from collections.abc import Sequence
from typing import Any

from hub_estimator.errors import UserError, one_line
from hub_estimator.workers.processes import (
  log_of,
  worker_command,
  worker_environment,
)


class RayWorkers:
  """A number of tasks; one that ended can be replaced, wherever there is room."""

  def __init__(
    self,
    arguments: Sequence[str],
    logs: pathlib.Path,
    count: int,
    *,
    address: str | None,
    cpus: float,
    gpus: float,
  ):
    """Connects to Ray; no task is started yet.

    Args:
      arguments: of each worker, but its number.
      logs: a directory that all machines share.
      count: how many at a time.
      address: of the cluster, such as "auto" or "ray-head:6379"; None starts
        one on this machine.
      cpus: that a worker takes.
      gpus: likewise.

    Raises:
      UserError: Ray isn't installed, or there is no cluster.
    """
    try:
      import ray
    except ImportError as error:
      raise UserError(
        "--executor=ray needs Ray: pip install 'hub-estimator[ray]'."
      ) from error
    self._ray = ray
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
    self._run = ray.remote(num_cpus=cpus, num_gpus=gpus, max_retries=0)(_run)
    self._arguments = list(arguments)
    self._logs = logs
    self._tasks: dict[int, Any] = dict.fromkeys(range(count))

  def __len__(self) -> int:
    return len(self._tasks)

  def start_missing(self) -> None:
    """Starts those that aren't running; Ray lets them wait for room."""
    self._logs.mkdir(parents=True, exist_ok=True)
    for number, task in self._tasks.items():
      if task is None:
        self._tasks[number] = self._run.remote(
          worker_command([*self._arguments, str(number)]),
          str(log_of(self._logs, number)),
          worker_environment(),
          os.getcwd(),
        )

  def reap(self) -> list[int]:
    """Returns the exit codes of those that ended since the last call."""
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
    """Returns whether one runs, or waits for room."""
    return any(task is not None for task in self._tasks.values())

  def stop(self) -> None:
    """Ends all of them; what they were at goes on with the next start."""
    for task in self._tasks.values():
      if task is not None:
        self._ray.cancel(task, force=True)
    self._ray.shutdown()


def _run(command, log, environment, directory) -> int:
  """Runs a worker's process in a task of Ray's; returns its exit code."""
  with open(log, "ab") as stream:
    return subprocess.run(
      command,
      stdout=stream,
      stderr=stream,
      stdin=subprocess.DEVNULL,
      env={**os.environ, **environment},
      cwd=directory,
      check=False,
    ).returncode
