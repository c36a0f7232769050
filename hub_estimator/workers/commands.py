"""Workers as commands: a Python process each, with its environment and its log."""

import os
import pathlib
import subprocess
import sys
from collections.abc import Mapping, Sequence

from hub_estimator import config
from hub_estimator.workers.interface import Program


def command_of(program: Program, number: int) -> list[str]:
  """Returns the command that runs one worker."""
  return [sys.executable, "-m", program.module, *program.arguments_of(number)]


def worker_environment() -> dict[str, str]:
  """Returns the variables that a worker needs in addition to its machine's."""
  return {
    "TF_CPP_MIN_LOG_LEVEL": "3",
    # A config may import modules that lie beside it.
    "PYTHONPATH": os.pathsep.join(
      path or os.getcwd() for path in (*sys.path, *config.import_path())
    ),
  }


def start_logged(
  command: Sequence[str],
  log: pathlib.Path,
  environment: Mapping[str, str],
  directory: str | None = None,
) -> "subprocess.Popen[bytes]":
  """Starts a command and returns its process.

  Args:
    command: the program and its arguments.
    log: file to which the command's output is appended.
    environment: variables in addition to those of this process.
    directory: where the command runs; None runs it in this process's directory.
  """
  with log.open("ab") as stream:
    return subprocess.Popen(
      command,
      stdout=stream,
      stderr=stream,
      stdin=subprocess.DEVNULL,
      env={**os.environ, **environment},
      cwd=directory,
    )
