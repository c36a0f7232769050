"""Python code in a process of its own, whose imports are fresh."""

import subprocess
import sys
import textwrap


def run(code: str) -> str:
  """Returns what code prints; the code may be indented."""
  done = subprocess.run(
    [sys.executable, "-c", textwrap.dedent(code)],
    capture_output=True,
    text=True,
    check=False,
  )
  assert done.returncode == 0, done.stderr
  return done.stdout
