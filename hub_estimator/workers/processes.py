"""Workers as processes of this machine."""

import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from hub_estimator import config


def worker_command(arguments: Sequence[str]) -> list[str]:
  """Returns the command of a worker; the last argument is its number."""
  return [sys.executable, "-m", "hub_estimator.sweeps.worker", *arguments]


def log_of(logs: pathlib.Path, number: int) -> pathlib.Path:
  """Returns where a worker writes."""
  return logs / f"worker_{number}.log"


def worker_environment() -> dict[str, str]:
  """Returns what a worker needs beside what its machine has."""
  return {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # Where gin's imports were found: beside the user's files, too.
    "PYTHONPATH": os.pathsep.join(
      path or os.getcwd() for path in (*sys.path, *config.import_path())
    ),
  }


def last_words(logs: pathlib.Path) -> str:
  """Returns the last line of the newest log in a directory."""
  files = sorted(logs.glob("*.log"), key=lambda p: p.stat().st_mtime)
  lines = files[-1].read_text(errors="replace").split("\n") if files else []
  lines = [line for line in lines if line.strip()]
  return f"{lines[-1] if lines else 'no word'} (see {logs})"


class Processes:
  """A fixed number of processes; one that ended can be replaced."""

  def __init__(
    self,
    arguments: Sequence[str],
    logs: pathlib.Path,
    count: int,
    *,
    start: Callable[[list[str], pathlib.Path], Any] | None = None,
  ):
    """Makes them; none is started yet.

    Args:
      arguments: of each, but its number.
      logs: a directory, made once one starts; each writes `worker_<number>.log` there.
      count: how many.
      start: starts one of (arguments, log) and returns it, as a `subprocess.Popen` or
        alike; None starts a Python of its own.
    """
    self._arguments = arguments
    self._logs = logs
    self._start = _start if start is None else start
    self._processes: dict[int, Any] = dict.fromkeys(range(count))

  def __len__(self) -> int:
    return len(self._processes)

  def start_missing(self) -> None:
    """Starts those that aren't running."""
    self._logs.mkdir(parents=True, exist_ok=True)
    for number, process in self._processes.items():
      if process is None:
        self._processes[number] = self._start(
          [*self._arguments, str(number)], log_of(self._logs, number)
        )

  def reap(self) -> list[int]:
    """Returns the exit codes of those that ended since the last call."""
    codes = []
    for number, process in self._processes.items():
      if process is not None and process.poll() is not None:
        codes.append(process.returncode)
        self._processes[number] = None
    return codes

  def any_alive(self) -> bool:
    """Returns whether one is running."""
    return any(p is not None for p in self._processes.values())

  def stop(self) -> None:
    """Ends all of them; what they were at goes on with the next start."""
    alive = [p for p in self._processes.values() if p is not None]
    for process in alive:
      process.terminate()
    for process in alive:
      try:
        process.wait(timeout=5)
      except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start(arguments: Sequence[str], log: pathlib.Path) -> subprocess.Popen:
  with log.open("ab") as stream:
    return subprocess.Popen(
      worker_command(arguments),
      stdout=stream,
      stderr=stream,
      stdin=subprocess.DEVNULL,
      env={**os.environ, **worker_environment()},
    )
