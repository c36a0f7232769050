"""The files of a sweep: their names, and the lock of the command that runs it."""

import contextlib
import dataclasses
import pathlib
import socket

from hub_estimator.model_dir import check_writable, hold

_KIND = "sweep_dir"


@dataclasses.dataclass(frozen=True)
class SweepDir:
  """The files of one sweep_dir."""

  path: pathlib.Path

  @classmethod
  def at(cls, sweep_dir: str) -> "SweepDir":
    """Returns the files of a sweep_dir; `~` is the user's home."""
    return cls(pathlib.Path(sweep_dir).expanduser().absolute())

  @property
  def sweep(self) -> pathlib.Path:
    """All bindings, including the sweep's own."""
    return self.path / "sweep.gin"

  @property
  def base(self) -> pathlib.Path:
    """The bindings that all trials share."""
    return self.path / "base.gin"

  @property
  def schema(self) -> pathlib.Path:
    """What the first trial knows of its data."""
    return self.path / "schema.json"

  @property
  def trials(self) -> pathlib.Path:
    return self.path / "trials"

  @property
  def logs(self) -> pathlib.Path:
    return self.path / "logs"

  @property
  def report(self) -> pathlib.Path:
    return self.path / "report.html"

  @property
  def asking(self) -> pathlib.Path:
    """Locked by a process while it takes a trial."""
    return self.path / ".asking"

  @property
  def study_url(self) -> str:
    return f"sqlite:///{self.path / 'study.db'}"

  def study_at(self, storage: str | None) -> tuple[str, str]:
    """Returns (URL of the storage, name) of the sweep's study.

    Args:
      storage: URL of a database, in which the study has this directory's name; None
        is the file in this directory.
    """
    if storage is None:
      return self.study_url, "sweep"
    return storage, self.path.name

  def trial(self, number: int, repeat: int = 0) -> pathlib.Path:
    """Returns a trial's model_dir; its repeats are "7.2", "7.3", …"""
    return self.trials / (f"{number}.{repeat + 1}" if repeat else str(number))

  def check_writable(self) -> None:
    """Raises a UserError unless the directory is writable or can be created."""
    check_writable(self.path, _KIND)

  def hold(self) -> contextlib.AbstractContextManager[None]:
    """Holds the directory for one command on each machine.

    Raises:
      UserError: another command on this machine holds it.
    """
    return hold(self.path, _KIND, lock=f".lock.{socket.gethostname()}")
