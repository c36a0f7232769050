"""The cache directory: one entry per key, made once, evicted when unused.

An entry's key is everything that its array depends on. Processes share the
directory: one makes an entry while the others wait for it.
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
from collections.abc import Callable, Iterator

import numpy as np

from hub_estimator.features import entry

_GIB = 1 << 30


def cache_dir() -> pathlib.Path:
  """Returns the directory of kept features.

  It is `features` in HUB_ESTIMATOR_CACHE, by default ~/.cache/hub_estimator.
  """
  default = os.path.join("~", ".cache", "hub_estimator")
  root = os.environ.get("HUB_ESTIMATOR_CACHE", default)
  return pathlib.Path(root).expanduser() / "features"


def max_bytes() -> int:
  """Returns the cache's size limit: HUB_ESTIMATOR_CACHE_GIB, by default 20."""
  return int(float(os.environ.get("HUB_ESTIMATOR_CACHE_GIB", "20")) * _GIB)


def read_or_make(key: str, make: Callable[[pathlib.Path], None]) -> np.ndarray:
  """Returns an entry's array, and makes the entry first if it is needed.

  The least recently used entries are evicted if the cache is above its limit.

  Args:
    key: of the entry.
    make: writes the entry at the path it gets; called if the entry is absent or
      damaged.

  Raises:
    OSError: the entry can't be written, or can't be read once it is written.
  """
  directory = cache_dir()
  directory.mkdir(parents=True, exist_ok=True)
  path = directory / key
  with _locked(directory / f"{key}.lock"):
    for leftover in entry.find_leftovers(path):
      shutil.rmtree(leftover, ignore_errors=True)
    array = entry.read(path)
    if array is None:
      make(path)
      array = entry.read(path)
    if array is None:
      raise OSError(f"{path} was written, but can't be read.")
    os.utime(path)
  _evict(directory, keep=key)
  return array


@contextlib.contextmanager
def _locked(path: pathlib.Path) -> Iterator[None]:
  """Lets one process or thread at a time into the `with` block."""
  with open(path, "a") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    yield


def _evict(directory: pathlib.Path, *, keep: str) -> None:
  """Removes the least recently used entries until the cache is in its limit.

  Args:
    directory: of the cache.
    keep: the key of an entry that stays.
  """
  entries = []
  for path in directory.iterdir():
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
      entries.append((path.stat().st_mtime, entry.size_bytes(path), path))
  total = sum(size for _, size, _ in entries)
  for _, size, path in sorted(entries):
    if total <= max_bytes():
      return
    if path.name != keep:
      # A process that has the array open can still read it.
      shutil.rmtree(path, ignore_errors=True)
      total -= size
