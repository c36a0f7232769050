"""Names that tell a process from every other one, on all machines."""

import pathlib
import socket


def process_name(pid: int) -> str:
  """Returns the name of a process of this machine: its host, id and start."""
  return f"{socket.gethostname()}:{pid}:{_start_of(pid)}"


def is_gone(name: str) -> bool:
  """Returns whether a process is known to have ended.

  Args:
    name: as `process_name` returned it. This machine knows nothing about another
      machine's processes: for those the answer is False.
  """
  host, pid, start = name.rsplit(":", 2)
  return host == socket.gethostname() and _start_of(int(pid)) != start


def _start_of(pid: int) -> str | None:
  """Returns a process's start in clock ticks, as process ids are reused.

  A process that has ended, even if nobody has waited for it, has none.
  """
  try:
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
  except OSError:
    return None
  state, *fields = stat.rpartition(")")[2].split()
  return None if state == "Z" else fields[18]
