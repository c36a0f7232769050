"""A cluster of real processes on this machine."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence

from tests import small_runs

GIN = (
  small_runs.GIN
  + """run.batch_size = 16
run.summary_every_steps = 1000
exports.kinds = ["latest"]
exports.verify = False
"""
)


def free_ports(count: int) -> list[int]:
  with contextlib.ExitStack() as stack:
    sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
    for each in sockets:
      each.bind(("127.0.0.1", 0))
    return [each.getsockname()[1] for each in sockets]


class Cluster:
  """chief 0, workers, parameter servers and evaluator 0, each a process.

  Attributes:
    tasks: (type, index) of all.
    model_dir: of the run.
  """

  def __init__(
    self,
    directory: pathlib.Path,
    gin_text: str,
    *,
    workers: int = 2,
    ps: int = 2,
    params: Sequence[str] = (),
    prefixes: Mapping[tuple[str, int], Sequence[str]] | None = None,
    hosts: Mapping[tuple[str, int], str] | None = None,
  ):
    """Makes a cluster; nothing is started.

    Args:
      directory: of model_dir and logs.
      gin_text: of the run.
      workers: beside the chief.
      ps: how many parameter servers.
      params: of --gin_param.
      prefixes: of a task's command, `ip netns exec …` say.
      hosts: of tasks that have an address of their own.
    """
    self.model_dir = directory / "run"
    self._directory = directory
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "run.gin").write_text(gin_text)
    counts = {"chief": 1, "worker": workers, "ps": ps}
    ports = iter(free_ports(sum(counts.values())))
    self._addresses = {
      kind: [
        f"{(hosts or {}).get((kind, i), '127.0.0.1')}:{next(ports)}"
        for i in range(count)
      ]
      for kind, count in counts.items()
      if count
    }
    self.tasks = [
      (kind, index) for kind, count in counts.items() for index in range(count)
    ] + [("evaluator", 0)]
    self._params = params
    self._prefixes = prefixes or {}
    self._processes: dict[tuple[str, int], subprocess.Popen] = {}

  def start(self, *tasks: tuple[str, int]) -> None:
    """Starts some tasks, or all."""
    for task in tasks or self.tasks:
      kind, index = task
      place = {
        "cluster": self._addresses,
        "task": {"type": kind, "index": index},
      }
      with self._log(task).open("a") as log:
        self._processes[task] = subprocess.Popen(
          [
            *self._prefixes.get(task, ()),
            *(sys.executable, "-m", "hub_estimator.trainers.main", "train"),
            f"--gin_file={self._directory / 'run.gin'}",
            f"--model_dir={self.model_dir}",
            *(f"--gin_param={param}" for param in self._params),
          ],
          env={**os.environ, "TF_CONFIG": json.dumps(place)},
          stdout=subprocess.DEVNULL,
          stderr=log,
        )

  def end(self, task: tuple[str, int], number: int = signal.SIGKILL) -> int:
    """Sends a task a signal and returns its exit code; it is missed no more."""
    process = self._processes.pop(task)
    process.send_signal(number)
    return process.wait(timeout=60)

  def end_all(self, number: int) -> dict[tuple[str, int], int]:
    """Sends all a signal at once and returns the exit code of each."""
    for process in self._processes.values():
      process.send_signal(number)
    return self.wait(60)

  def wait(self, seconds: float = 240) -> dict[tuple[str, int], int]:
    """Returns the exit code of each task, once all have ended."""
    deadline = time.monotonic() + seconds
    for process in self._processes.values():
      with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(timeout=max(deadline - time.monotonic(), 0.1))
    return {task: p.poll() for task, p in self._processes.items()}

  def wait_until(self, holds: Callable[[], bool], seconds: float = 120) -> None:
    """Waits while all tasks run.

    Raises:
      AssertionError: one has ended, or the time is over.
    """
    deadline = time.monotonic() + seconds
    while not holds():
      ended = [t for t, p in self._processes.items() if p.poll() is not None]
      assert not ended, (ended, self.logs())
      assert time.monotonic() < deadline, self.logs()
      time.sleep(0.05)

  def step(self) -> int:
    """Returns the chief's step as it tells it; 0 before."""
    try:
      told = json.loads(
        (self.model_dir / "cluster" / "chief-0.json").read_text()
      )
    except FileNotFoundError:
      return 0
    return told.get("step", 0)

  def log(self, task: tuple[str, int]) -> str:
    return self._log(task).read_text()

  def logs(self) -> str:
    return "\n".join(
      f"== {task}\n{self.log(task)}"
      for task in self.tasks
      if self._log(task).exists()
    )

  def close(self) -> None:
    """Ends what is left."""
    for process in self._processes.values():
      process.kill()
      process.wait()

  def __enter__(self):
    return self

  def __exit__(self, *unused):
    self.close()

  def _log(self, task) -> pathlib.Path:
    return self._directory / f"{task[0]}-{task[1]}.log"
