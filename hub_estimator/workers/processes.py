"""Workers as processes of this machine."""

import subprocess
from collections.abc import Callable

from hub_estimator.workers.commands import (
  command_of,
  start_logged,
  worker_environment,
)
from hub_estimator.workers.interface import Process, Program

_SECONDS_TO_END = 5.0


class Processes:
  """A fixed number of processes, each of which can be replaced when it ends."""

  def __init__(
    self,
    program: Program,
    count: int,
    *,
    start: Callable[[Program, int], Process] | None = None,
  ):
    """Makes the workers; none is started yet.

    Args:
      program: that each worker runs.
      count: how many workers.
      start: starts one worker, given the program and the worker's number, such as
        `Forker(…).start`; None starts a new Python process.
    """
    self._program = program
    self._start = _start_python if start is None else start
    self._processes: dict[int, Process | None] = dict.fromkeys(range(count))

  def __len__(self) -> int:
    return len(self._processes)

  def start_missing(self) -> None:
    """Starts the workers that aren't running."""
    self._program.logs.mkdir(parents=True, exist_ok=True)
    for number, process in self._processes.items():
      if process is None:
        self._processes[number] = self._start(self._program, number)

  def reap(self) -> list[int]:
    """Returns the exit codes of workers that have ended since the last call."""
    codes = []
    for number, process in self._processes.items():
      code = None if process is None else process.poll()
      if code is not None:
        codes.append(code)
        self._processes[number] = None
    return codes

  def any_alive(self) -> bool:
    """Returns whether at least one worker runs."""
    return any(p is not None for p in self._processes.values())

  def stop(self) -> None:
    """Stops all workers; the next start continues their work."""
    alive = [p for p in self._processes.values() if p is not None]
    for process in alive:
      process.terminate()
    for process in alive:
      try:
        process.wait(timeout=_SECONDS_TO_END)
      except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start_python(program: Program, number: int) -> Process:
  return start_logged(
    command_of(program, number), program.log_of(number), worker_environment()
  )
