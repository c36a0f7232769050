"""What workers run, and what whoever starts them may ask of them."""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence
from typing import Protocol


@dataclasses.dataclass(frozen=True)
class Program:
  """The program that every worker runs.

  Attributes:
    module: full name of a Python module with a function `main(arguments)`, which it
      also calls when it is run as a script.
    arguments: of `main`, except the last one, which is the worker's number.
    logs: directory of the workers' output, one file for each; it is created when
      the first worker starts.
  """

  module: str
  arguments: Sequence[str]
  logs: pathlib.Path

  def arguments_of(self, number: int) -> list[str]:
    """Returns all arguments of one worker."""
    return [*self.arguments, str(number)]

  def log_of(self, number: int) -> pathlib.Path:
    """Returns the file to which one worker's output is appended."""
    return self.logs / f"worker_{number}.log"


class Workers(Protocol):
  """A fixed number of workers, each of which can be replaced when it ends.

  `len` of it is their number.
  """

  def __len__(self) -> int: ...

  def start_missing(self) -> None:
    """Starts the workers that aren't running."""

  def reap(self) -> list[int]:
    """Returns the exit codes of workers that have ended since the last call."""

  def any_alive(self) -> bool:
    """Returns whether at least one worker runs or waits for its machine."""

  def stop(self) -> None:
    """Stops all workers; the next start continues their work."""


# Makes workers from a program and their number, and starts none.
MakeWorkers = Callable[[Program, int], Workers]


class Process(Protocol):
  """A running process; `subprocess.Popen` is one."""

  @property
  def pid(self) -> int | None:
    """The process's id."""

  @property
  def returncode(self) -> int | None:
    """The exit code, as of the last `poll` or `wait`; None while it runs."""

  def poll(self) -> int | None:
    """Returns the exit code, or None while the process runs."""

  def wait(self, timeout: float | None = None) -> int:
    """Returns the exit code once the process ends.

    Args:
      timeout: seconds; None waits as long as it takes.

    Raises:
      subprocess.TimeoutExpired: the process still runs after that time.
    """

  def terminate(self) -> None:
    """Asks the process to end."""

  def kill(self) -> None:
    """Ends the process at once."""
