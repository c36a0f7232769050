"""The cache of fetched modules, in the layout of `tensorflow_hub`.

    <sha1 of the URL>/                  the module
    <sha1 of the URL>.descriptor.txt    its origin
    .hub_estimator/                     locks, and modules being fetched

Programs that use `tensorflow_hub` share their entries with this library, and
this library shares its entries with them. Our descriptors also hold the
fingerprint of the fetched module, which reveals any damage to an entry.
"""

import contextlib
import fcntl
import hashlib
import logging
import os
import pathlib
import re
import shutil
from collections.abc import Iterator

from hub_estimator import disk
from hub_estimator.errors import UserError
from hub_estimator.handles import fingerprints
from hub_estimator.handles.cache_entries import (
  Entry,
  read_entry,
  write_descriptor,
)
from hub_estimator.tensorflow_runtime import module_cache_dir

__all__ = [
  "Entry",
  "copy_path",
  "directory",
  "entries",
  "find",
  "incoming_directory",
  "is_usable",
  "locked",
  "place",
  "place_copy",
  "reserve",
]

_LOG = logging.getLogger(__name__)
_OWN = ".hub_estimator"


def directory() -> pathlib.Path:
  """Returns the cache: TFHUB_CACHE_DIR, or `tensorflow_hub`'s own default."""
  return pathlib.Path(module_cache_dir()).expanduser().absolute()


def incoming_directory() -> pathlib.Path:
  """Returns the directory in which modules wait until they are complete."""
  return directory() / _OWN / "incoming"


def copy_path(key: str) -> pathlib.Path:
  """Returns the place of a module without a URL, named by a digest of it."""
  return directory() / _OWN / "copies" / key


def find(url: str) -> Entry:
  """Returns the entry of a URL, whether it holds a module or not."""
  return read_entry(_entry_path(url), url)


def entries() -> list[Entry]:
  """Returns all entries, sorted by URL."""
  cache = directory()
  if not cache.is_dir():
    return []
  found = [
    read_entry(path)
    for path in cache.iterdir()
    if re.fullmatch(r"[0-9a-f]{40}", path.name) and path.is_dir()
  ]
  return sorted(found, key=lambda e: (e.url or "~", e.path.name))


def is_usable(entry: Entry, source_sha256: str | None = None) -> bool:
  """Returns whether an entry is sound and of the wanted edition.

  If this library fetched the module, every byte is compared; otherwise the
  presence and sizes of its files. If the module is there but not usable, the
  reason is logged.

  Args:
    entry: the entry, which may hold no module.
    source_sha256: that of the wanted edition, hex; None accepts any.
  """
  if not entry.path.is_dir() or not any(entry.path.iterdir()):
    return False
  damage = entry.find_damage(thorough=entry.fingerprint is not None)
  if damage is None and source_sha256 not in (None, entry.source_sha256):
    damage = (
      "another program fetched it, and left no sha256 of its source"
      if entry.source_sha256 is None
      else f"it is another edition, with sha256 {entry.source_sha256}"
    )
  if damage:
    _LOG.warning("%s in the cache (%s): %s", entry.url, entry.path, damage)
  return damage is None


@contextlib.contextmanager
def reserve(path: pathlib.Path) -> Iterator[pathlib.Path]:
  """Holds a place in the cache; yields a directory to prepare its module in.

  Other processes that want the place wait here. If this process dies, the
  system frees the place; the next process that reserves it gets a directory
  with the files that were there, which it may use or remove.

  Args:
    path: of an entry or a copy.

  Raises:
    UserError: the cache can't be written.
  """
  incoming = incoming_directory() / path.name
  try:
    with locked(path):
      incoming.mkdir(parents=True, exist_ok=True)
      yield incoming
      shutil.rmtree(incoming, ignore_errors=True)
  except OSError as error:
    raise UserError(
      f"The cache of modules, {directory()}, can't be written: "
      f"{error.strerror}; TFHUB_CACHE_DIR names another."
    ) from error


def place(
  module: pathlib.Path,
  url: str,
  *,
  fetched_from: str,
  source_sha256: str | None,
) -> Entry:
  """Moves a complete module to its entry, and returns the entry.

  It replaces any module that was there. The caller has reserved the entry.

  Args:
    module: its directory, within the one that `reserve` has yielded.
    url: the handle that it was fetched for.
    fetched_from: the place that it came from.
    source_sha256: see `Entry`.
  """
  path = _entry_path(url)
  disk.sync_tree(module)
  # The descriptor first: if the process dies between the two, the fingerprint
  # doesn't match the old module, which is then fetched again.
  write_descriptor(
    path,
    url=url,
    fetched_from=fetched_from,
    fingerprint=fingerprints.fingerprint(module),
    source_sha256=source_sha256,
  )
  trash = incoming_directory() / f"{path.name}-old"
  shutil.rmtree(trash, ignore_errors=True)
  if path.exists():
    os.rename(path, trash)
  try:
    os.rename(module, path)
  except OSError:  # Another program may have put a module there first.
    if not path.is_dir():
      raise
  disk.sync(path.parent)
  shutil.rmtree(trash, ignore_errors=True)
  return read_entry(path, url)


def place_copy(module: pathlib.Path, path: pathlib.Path) -> None:
  """Moves a complete module to its place, a `copy_path` that is reserved."""
  path.parent.mkdir(exist_ok=True)
  os.rename(module, path)


@contextlib.contextmanager
def locked(path: pathlib.Path, *, wait: bool = True) -> Iterator[None]:
  """Holds the lock of a place in the cache; the system frees it at death.

  Args:
    path: any; its name is the lock's.
    wait: whether to wait for another process that holds the lock.

  Raises:
    BlockingIOError: another process holds it, and `wait` is False.
  """
  locks = directory() / _OWN / "locks"
  locks.mkdir(parents=True, exist_ok=True)
  with open(locks / path.name, "a") as file:
    try:
      fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
      if not wait:
        raise
      _LOG.info("Waiting for another process that is fetching %s", path.name)
      fcntl.flock(file, fcntl.LOCK_EX)
    yield


def _entry_path(url: str) -> pathlib.Path:
  return directory() / hashlib.sha1(url.encode()).hexdigest()
