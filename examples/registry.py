"""A cache of packages from a registry, and of the examples made from them.

The cache is the folder `HUB_ESTIMATOR_EXAMPLES`, by default
`~/.cache/hub_estimator/examples`. Entries are written atomically, and only once.
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
  """Returns the folder of the cache."""
  default = os.path.join("~", ".cache", "hub_estimator", "examples")
  return pathlib.Path(
    os.environ.get("HUB_ESTIMATOR_EXAMPLES", default)
  ).expanduser()


def made_once(name: str, make: Callable[[pathlib.Path], None]) -> pathlib.Path:
  """Returns the path of a cache entry, which is made if it is absent.

  Args:
    name: the entry's path in the cache.
    make: writes a file or folder at the path that it is given.
  """
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
    except OSError:  # Another process was first, with the same result.
      if not path.exists():
        raise
  _log.info("… %s in %.0f s.", path, time.monotonic() - started)
  return path


def download(requirement: str, *, source: bool = False) -> pathlib.Path:
  """Returns the file of a package from the registry that pip uses.

  Args:
    requirement: such as "name==1.0".
    source: whether to download the source distribution instead of a wheel.

  Raises:
    UserError: pip is absent or fails; the message has its last line.
  """

  def make(folder: pathlib.Path) -> None:
    kind = "--no-binary=:all:" if source else "--only-binary=:all:"
    _pip("download", "--no-deps", kind, "-d", str(folder), requirement)

  folder = made_once(f"packages/{requirement}", make)
  return next(p for p in sorted(folder.iterdir()) if p.is_file())


def parquet_column(
  path: pathlib.Path, column: str, target: pathlib.Path
) -> None:
  """Writes a column of strings from a Parquet file, one per line.

  If pyarrow isn't installed, it is installed into a temporary folder.

  Args:
    path: the Parquet file.
    column: the column's name.
    target: the text file to write, in UTF-8.

  Raises:
    UserError: pyarrow can't be installed, or the file can't be read.
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
