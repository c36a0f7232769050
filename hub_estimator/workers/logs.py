"""The logs that workers leave."""

import pathlib


def last_words(logs: pathlib.Path) -> str:
  """Returns the last line of the newest log in a directory, and where it is."""
  files = sorted(logs.glob("*.log"), key=lambda p: p.stat().st_mtime)
  lines = files[-1].read_text(errors="replace").split("\n") if files else []
  lines = [line for line in lines if line.strip()]
  return f"{lines[-1] if lines else 'no output'} (see {logs})"
