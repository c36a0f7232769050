"""Processes forked from one that has imported TensorFlow and done nothing else.

The import takes seconds and hundreds of MB, which forked processes share. A process
that has built a graph or looked for GPUs has threads and can't be forked.
"""

import contextlib
import importlib
import multiprocessing
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from multiprocessing import forkserver
from multiprocessing.context import ForkServerProcess

from hub_estimator.workers.commands import worker_environment
from hub_estimator.workers.interface import Program


class Forked:
  """A forked process, with the methods of `subprocess.Popen`."""

  def __init__(self, process: ForkServerProcess):
    self._process = process
    self.pid = process.pid
    self.terminate = process.terminate
    self.kill = process.kill

  @property
  def returncode(self) -> int | None:
    return self._process.exitcode

  def poll(self) -> int | None:
    return self.returncode

  def wait(self, timeout: float | None = None) -> int:
    self._process.join(timeout)
    if self.returncode is None:
      raise subprocess.TimeoutExpired("a worker", timeout or 0.0)
    return self.returncode


class Forker:
  """The process that workers are forked from; a program has only one.

  It ends with this program. As always with `multiprocessing`, each fork imports the
  program's main module again, so importing that module must run nothing.
  """

  def __init__(self, module: str):
    """Starts the process, which begins to import; doesn't wait for it.

    Args:
      module: is imported before the first fork, with everything that it imports.
    """
    self._context = multiprocessing.get_context("forkserver")
    self._context.set_forkserver_preload([module])
    with _silent_errors():
      forkserver.ensure_running()

  def start(self, program: Program, number: int) -> Forked:
    """Forks a worker, which runs in this program's directory.

    Args:
      program: its module's `main` is called in the worker.
      number: of the worker.
    """
    process = self._context.Process(
      target=_run_logged,
      args=(
        program.module,
        program.arguments_of(number),
        str(program.log_of(number)),
        {**os.environ, **worker_environment()},
      ),
    )
    process.start()
    return Forked(process)


def _run_logged(
  module: str,
  arguments: Sequence[str],
  log: str,
  environment: Mapping[str, str],
) -> None:
  """Runs a module's `main` with its output in a log."""
  with open(log, "ab") as stream:
    os.dup2(stream.fileno(), 1)
    os.dup2(stream.fileno(), 2)
  os.environ.clear()
  os.environ.update(environment)
  path = environment.get("PYTHONPATH", "").split(os.pathsep)
  sys.path += [p for p in path if p and p not in sys.path]
  importlib.import_module(module).main(arguments)


@contextlib.contextmanager
def _silent_errors() -> Iterator[None]:
  """Hides the errors of processes that are started meanwhile: TensorFlow's remarks."""
  sys.stderr.flush()
  stderr, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
  os.dup2(null, 2)
  try:
    yield
  finally:
    os.dup2(stderr, 2)
    os.close(stderr)
    os.close(null)
