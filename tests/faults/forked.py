"""Processes that start in milliseconds: forked off one that has TensorFlow.

The forking process imports and prepares, and never makes a session: a fork of
TensorFlow's thread pools would hang.
"""

import os
import pathlib
import signal
import subprocess
import sys

_SERVER = """
import os, sys, traceback
sys.path.insert(0, sys.argv[1])
import hub_estimator.runs
from hub_estimator.tensorflow_runtime import tf
tf.logging.set_verbosity(tf.logging.ERROR)
exec(sys.argv[2])
print("ready", flush=True)
for line in sys.stdin:
  code = line.rstrip("\\n").encode().decode("unicode_escape")
  pid = os.fork()
  if pid == 0:
    try:
      exec(code)
    except BaseException:
      traceback.print_exc()
      os._exit(1)
    os._exit(0)
  print(pid, flush=True)
  _, status = os.waitpid(pid, 0)
  print(os.waitstatus_to_exitcode(status), flush=True)
"""


class Child:
  """One forked process."""

  def __init__(self, pid: int, stdout):
    self.pid = pid
    self._stdout = stdout
    self._code = None

  def poll(self) -> int | None:
    """Returns the exit code, or None while it runs."""
    if self._code is None:
      import select

      if select.select([self._stdout], [], [], 0)[0]:
        self._code = int(self._stdout.readline())
    return self._code

  def kill(self, number: int = signal.SIGKILL) -> None:
    os.kill(self.pid, number)

  def wait(self) -> int:
    """Returns the exit code; minus the signal's number where it was killed."""
    if self._code is None:
      self._code = int(self._stdout.readline())
    return self._code


class Forker:
  """Runs lines of Python, one process each, one at a time."""

  def __init__(self, prepare: str):
    root = str(pathlib.Path(__file__).parent.parent.parent)
    self._process = subprocess.Popen(
      [sys.executable, "-u", "-c", _SERVER, root, prepare],
      stdin=subprocess.PIPE,
      stdout=subprocess.PIPE,
      bufsize=0,
    )

  def __enter__(self) -> "Forker":
    assert self._process.stdout.readline() == b"ready\n"
    return self

  def __exit__(self, *unused):
    self._process.stdin.close()
    self._process.wait()

  def run(self, code: str) -> Child:
    """Starts a process that runs `code`."""
    self._process.stdin.write(code.encode("unicode_escape") + b"\n")
    return Child(int(self._process.stdout.readline()), self._process.stdout)
