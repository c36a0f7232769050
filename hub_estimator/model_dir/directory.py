"""A directory that one process works in at a time: writable, and locked."""

import contextlib
import fcntl
import os
import pathlib
import socket
from collections.abc import Iterator

from hub_estimator.errors import UserError


class InUse(UserError):
  """Another process works in the directory."""


def check_writable(path: pathlib.Path, kind: str) -> None:
  """Raises an error unless a directory is writable or can be created.

  Args:
    path: of the directory.
    kind: what the message calls it, such as "model_dir".

  Raises:
    UserError: it isn't; the message says why.
  """
  existing = path
  while not existing.exists():
    existing = existing.parent
  if not existing.is_dir():
    raise UserError(
      f"{kind} {str(path)!r} can't be made: {existing} is a file."
    )
  # Only the kernel knows: root passes `os.access` where a mount refuses.
  probe = existing / f".hub_estimator_probe_{os.getpid()}"
  try:
    probe.touch()
    probe.unlink()
  except OSError as error:
    raise UserError(
      f"{kind} {str(path)!r} can't be written: {error.strerror} at {existing}."
    ) from error


@contextlib.contextmanager
def hold(path: pathlib.Path, kind: str, *, lock: str) -> Iterator[None]:
  """Holds a directory, created if necessary, for this process in a `with` block.

  The system releases the lock when the process dies.

  Args:
    path: of the directory.
    kind: what the message calls it, such as "model_dir".
    lock: name of the lock's file.

  Raises:
    InUse: another process holds it.
  """
  path.mkdir(parents=True, exist_ok=True)
  with open(path / lock, "a+") as file:
    try:
      fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
      file.seek(0)
      holder = file.read().strip() or "another process"
      raise InUse(
        f"{kind} {str(path)!r} is in use by {holder}; wait for it, or choose "
        f"another {kind}."
      ) from None
    file.truncate(0)
    file.write(f"process {os.getpid()} on {socket.gethostname()}")
    file.flush()
    yield


def is_held(path: pathlib.Path, *, lock: str) -> bool:
  """Returns whether a process holds a directory.

  Args:
    path: of the directory.
    lock: name of the lock's file.
  """
  if not (path / lock).exists():
    return False
  with open(path / lock, "a") as file:
    try:
      fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
      return True
    return False
