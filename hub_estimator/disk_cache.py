"""Caches on disk: entries that are made once, whole or absent, and evicted when unused.

An entry is a directory whose key stands for everything that its content depends on.
Processes share a cache: one makes an entry while the others wait for it.
"""

import contextlib
import fcntl
import os
import pathlib
import shutil
import tempfile
from collections.abc import Callable, Iterator
from typing import TypeVar

from hub_estimator import disk

_GIB = 1 << 30
_Entry = TypeVar("_Entry")


def directory(kind: str) -> pathlib.Path:
  """Returns the directory of one kind of entries.

  It is in HUB_ESTIMATOR_CACHE, by default ~/.cache/hub_estimator.

  Args:
    kind: the directory's name.
  """
  default = os.path.join("~", ".cache", "hub_estimator")
  root = os.environ.get("HUB_ESTIMATOR_CACHE", default)
  return pathlib.Path(root).expanduser() / kind


def max_bytes() -> int:
  """Returns the size limit of each kind: HUB_ESTIMATOR_CACHE_GIB, by default 20."""
  return int(float(os.environ.get("HUB_ESTIMATOR_CACHE_GIB", "20")) * _GIB)


def read_or_make(
  kind: str,
  key: str,
  *,
  read: Callable[[pathlib.Path], _Entry | None],
  make: Callable[[pathlib.Path], None],
) -> _Entry:
  """Returns an entry, and makes it first if it is absent or damaged.

  The least recently used entries are evicted if the cache is above its limit.

  Args:
    kind: of the entry.
    key: of the entry, a file name.
    read: returns the entry in a directory; None if it is damaged.
    make: writes the entry's files into an empty directory.

  Raises:
    OSError: the entry can't be written, or can't be read once it is written.
  """
  parent = directory(kind)
  parent.mkdir(parents=True, exist_ok=True)
  path = parent / key
  with _locked(parent / f"{key}.lock"):
    for leftover in parent.glob(f".{key}-*"):
      shutil.rmtree(leftover, ignore_errors=True)
    entry = read(path) if path.exists() else None
    if entry is None:
      shutil.rmtree(path, ignore_errors=True)
      _write(path, make)
      entry = read(path)
    if entry is None:
      raise OSError(f"{path} was written, but can't be read.")
    os.utime(path)
  _evict(parent, keep=key)
  return entry


def size_bytes(path: pathlib.Path) -> int:
  """Returns the size of the files in an entry's directory."""
  return sum(file.stat().st_size for file in path.iterdir())


def _write(path: pathlib.Path, make: Callable[[pathlib.Path], None]) -> None:
  """Makes an entry, which appears once it is whole and on disk."""
  with tempfile.TemporaryDirectory(
    dir=path.parent, prefix=f".{path.name}-"
  ) as scratch:
    partial = pathlib.Path(scratch) / path.name
    partial.mkdir()
    make(partial)
    disk.sync_tree(partial)
    os.rename(partial, path)


@contextlib.contextmanager
def _locked(path: pathlib.Path) -> Iterator[None]:
  """Lets one process or thread at a time into the `with` block."""
  with open(path, "a") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    yield


def _evict(parent: pathlib.Path, *, keep: str) -> None:
  """Removes the least recently used entries until the cache is in its limit."""
  entries = []
  for path in parent.iterdir():
    if path.name.startswith("."):
      continue  # Being written.
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
      entries.append((path.stat().st_mtime, size_bytes(path), path))
  total = sum(size for _, size, _ in entries)
  for _, size, path in sorted(entries):
    if total <= max_bytes():
      return
    if path.name != keep:
      # A process that has the files open can still read them.
      shutil.rmtree(path, ignore_errors=True)
      total -= size
