"""Takes packages from the package registry and keeps what is made of them.

Everything lies under `HUB_ESTIMATOR_EXAMPLES`, by default
`~/.cache/hub_estimator/examples`, appears there whole or not at all, and is
made once.
"""

import logging
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

from hub_estimator.errors import UserError

_log = logging.getLogger("hub_estimator.examples")


def cache_dir() -> pathlib.Path:
  """Returns where examples are kept."""
  default = os.path.join("~", ".cache", "hub_estimator", "examples")
  return pathlib.Path(
    os.environ.get("HUB_ESTIMATOR_EXAMPLES", default)
  ).expanduser()


def made_once(name: str, make: Callable[[pathlib.Path], None]) -> pathlib.Path:
  """Returns the path `name` in the cache, made by `make(path)` if absent."""
  path = cache_dir() / name
  if path.exists():
    return path
  _log.info("Making the example %s …", name)
  started = time.monotonic()
  path.parent.mkdir(parents=True, exist_ok=True)
  with tempfile.TemporaryDirectory(
    dir=path.parent, prefix=".making-"
  ) as scratch:
    partial = pathlib.Path(scratch) / path.name
    make(partial)
    try:
      os.rename(partial, path)
    except OSError:  # Another process was first; its result is the same.
      if not path.exists():
        raise
  _log.info("… %s in %.0f s.", path, time.monotonic() - started)
  return path


def download(requirement: str, *, source: bool = False) -> pathlib.Path:
  """Returns the file of a package from the registry that pip is set up for.

  Args:
    requirement: such as "name==1.0".
    source: takes the source distribution, not a wheel.

  Raises:
    UserError: pip is absent, or says no; with its last line.
  """

  def make(folder: pathlib.Path) -> None:
    kind = "--no-binary=:all:" if source else "--only-binary=:all:"
    _pip("download", "--no-deps", kind, "-d", str(folder), requirement)

  folder = made_once(f"packages/{requirement}", make)
  return next(p for p in sorted(folder.iterdir()) if p.is_file())


def parquet_column(
  path: pathlib.Path, column: str, target: pathlib.Path
) -> None:
  """Writes a column of strings of a parquet file to `target`, one a line.

  Uses pyarrow; where it isn't installed, from a folder that is removed after.
  """
  code = (
    "import sys, pyarrow.parquet as pq\n"
    "words = pq.read_table(sys.argv[1], columns=[sys.argv[2]])\n"
    "with open(sys.argv[3], 'w', encoding='utf-8', newline='\\n') as f:\n"
    "  f.writelines(w + '\\n' for w in words[sys.argv[2]].to_pylist())\n"
  )
  command = [sys.executable, "-c", code, str(path), column, str(target)]
  if subprocess.run(command, capture_output=True, check=False).returncode == 0:
    return
  packages = tempfile.mkdtemp()
  try:
    _pip("install", "--no-deps", "--target", packages, "pyarrow")
    done = subprocess.run(
      command,
      capture_output=True,
      text=True,
      check=False,
      env={**os.environ, "PYTHONPATH": packages},
    )
    if done.returncode:
      raise UserError(f"{path} can't be read: {done.stderr.splitlines()[-1]}")
  finally:
    shutil.rmtree(packages, ignore_errors=True)


def _pip(*arguments: str) -> None:
  command = [
    sys.executable,
    "-m",
    "pip",
    arguments[0],
    "--quiet",
    *arguments[1:],
  ]
  done = subprocess.run(command, capture_output=True, text=True, check=False)
  if done.returncode:
    lines = done.stderr.strip().splitlines() or ["no output"]
    raise UserError(f"pip {' '.join(arguments)} failed: {lines[-1]}")
