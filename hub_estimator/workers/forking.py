"""Processes forked from one that has imported TensorFlow, and done nothing else.

An import takes seconds and hundreds of MB, which forked processes share. A process that
has built a graph or looked for GPUs has threads, and can't be forked.
"""

import contextlib
import multiprocessing
import os
import pathlib
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from multiprocessing import forkserver


class Forked:
  """A process; what `subprocess.Popen` offers to wait for it and to end it."""

  def __init__(self, process: multiprocessing.Process):
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
      raise subprocess.TimeoutExpired("a worker", timeout)
    return self.returncode


class Forker:
  """The process that is forked, one for all of this program's.

  It ends with this program. What it forks imports the program's main module again, as
  all of `multiprocessing` does: that must run nothing when it is imported.
  """

  def __init__(self, module: str):
    """Lets it begin to import, and doesn't wait.

    Args:
      module: that is imported, with all that it imports.
    """
    self._context = multiprocessing.get_context("forkserver")
    self._context.set_forkserver_preload([module])
    with _silent_errors():
      forkserver.ensure_running()

  def start(
    self,
    run: Callable[[Sequence[str]], None],
    arguments: Sequence[str],
    log: pathlib.Path,
    environment: Mapping[str, str],
  ) -> Forked:
    """Forks a process, in this program's directory.

    Args:
      run: is called in it; a function of a module.
      arguments: of `run`.
      log: what it writes is added there.
      environment: what it has beside this program's; of its PYTHONPATH, imports of
        what isn't imported yet.
    """
    process = self._context.Process(
      target=_run_logged,
      args=(run, list(arguments), str(log), {**os.environ, **environment}),
    )
    process.start()
    return Forked(process)


def _run_logged(run, arguments, log, environment) -> None:
  with open(log, "ab") as stream:
    os.dup2(stream.fileno(), 1)
    os.dup2(stream.fileno(), 2)
  os.environ.clear()
  os.environ.update(environment)
  path = environment.get("PYTHONPATH", "").split(os.pathsep)
  sys.path += [p for p in path if p and p not in sys.path]
  run(arguments)


@contextlib.contextmanager
def _silent_errors() -> Iterator[None]:
  """Lets processes that are started meanwhile write no errors: TensorFlow's remarks."""
  sys.stderr.flush()
  stderr, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
  os.dup2(null, 2)
  try:
    yield
  finally:
    os.dup2(stderr, 2)
    os.close(stderr)
    os.close(null)
