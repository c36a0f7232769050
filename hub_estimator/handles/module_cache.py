"""The cache of fetched modules, laid out as `tensorflow_hub` does it.

    <sha1 of the URL>/                  the module
    <sha1 of the URL>.descriptor.txt    where it is from
    .hub_estimator/                     locks, and what is on its way

Entries that other programs made are used, and they use ours. To our descriptors
we add the digest of what was fetched, which tells a damaged entry at sight.
"""

import contextlib
import dataclasses
import datetime
import fcntl
import hashlib
import logging
import os
import pathlib
import re
import shutil
import socket
import time
from collections.abc import Callable, Iterator

from hub_estimator import disk
from hub_estimator.errors import UserError
from hub_estimator.handles import module_files
from hub_estimator.tensorflow_runtime import module_cache_dir

_LOG = logging.getLogger(__name__)
_OWN = ".hub_estimator"
_DESCRIPTOR = ".descriptor.txt"
# Of tensorflow_hub: one that has seen no progress for so long is abandoned.
_ABANDONED_SECS = 600


@dataclasses.dataclass(frozen=True)
class Entry:
  """One cached module.

  Attributes:
    path: its directory.
    url: what was asked for; None where no descriptor says so.
    fetched_at: as the descriptor has it, or None.
    fingerprint: of what was fetched, hex; None where another program did it.
    source_sha256: of the archive it came in, or of the listing of the remote
      directory, hex; None likewise.
  """

  path: pathlib.Path
  url: str | None
  fetched_at: str | None = None
  fingerprint: str | None = None
  source_sha256: str | None = None

  def find_damage(self, *, thorough: bool = False) -> str | None:
    """Returns what is wrong with the module, or None.

    Args:
      thorough: whether every byte is compared with a stored checksum: the
        fingerprint, or those that TensorFlow keeps of weights.
    """
    damage = module_files.find_damage(
      self.path, thorough=thorough and self.fingerprint is None
    )
    if damage is None and thorough and self.fingerprint is not None:
      found = module_files.fingerprint(self.path)
      if found != self.fingerprint:
        return f"its sha256 is {found}, and {self.fingerprint} was fetched"
    return damage


@dataclasses.dataclass(frozen=True)
class Fetched:
  """What a fetcher has made: the module's root, and its source's sha256."""

  root: pathlib.Path
  source_sha256: str | None = None


def directory() -> pathlib.Path:
  """Returns the cache: TFHUB_CACHE_DIR, or `tensorflow_hub`'s own default."""
  return pathlib.Path(module_cache_dir()).expanduser().absolute()


def find(url: str) -> Entry:
  """Returns the entry of a URL, whether there is anything at it or not."""
  return _read_entry(_entry_path(url), url)


def entries() -> list[Entry]:
  """Returns all entries, by URL."""
  cache = directory()
  if not cache.is_dir():
    return []
  found = [
    _read_entry(path)
    for path in cache.iterdir()
    if re.fullmatch(r"[0-9a-f]{40}", path.name) and path.is_dir()
  ]
  return sorted(found, key=lambda e: (e.url or "~", e.path.name))


def is_usable(entry: Entry, source_sha256: str | None = None) -> bool:
  """Returns whether an entry can be taken as it is; logs why it can't.

  Every byte of what this package has fetched is compared; of what others have,
  the files that there must be and their sizes.

  Args:
    entry: perhaps of nothing.
    source_sha256: what the handle asks for, hex; None takes any.
  """
  if not entry.path.is_dir() or not any(entry.path.iterdir()):
    return False
  damage = entry.find_damage(thorough=entry.fingerprint is not None)
  if damage is None and source_sha256 not in (None, entry.source_sha256):
    damage = (
      "another program fetched it, and left no sha256 of its source"
      if entry.source_sha256 is None
      else f"it is of another edition, of sha256 {entry.source_sha256}"
    )
  if damage:
    _LOG.warning("%s in the cache (%s): %s", entry.url, entry.path, damage)
  return damage is None


def put(
  url: str,
  fetch: Callable[[pathlib.Path], Fetched],
  *,
  fetched_from: str,
  anew: bool = False,
  source_sha256: str | None = None,
) -> Entry:
  """Returns the entry of a URL, fetched unless it is there and sound.

  One process fetches; others that ask for the same wait for it. A process that
  dies leaves nothing that counts, and no lock.

  Args:
    url: the key.
    fetch: fills a directory that is empty but for what an earlier attempt left
      in it.
    fetched_from: said in the descriptor.
    anew: fetch even if the entry is sound.
    source_sha256: see `is_usable`.

  Raises:
    UserError: the cache can't be written, or `fetch` raised it.
  """
  path = _entry_path(url)
  try:
    with _locked(path):
      entry = _read_entry(path, url)
      # Another process may have fetched it while this one waited.
      if not anew and is_usable(entry, source_sha256):
        return entry
      incoming = _own() / "incoming" / path.name
      incoming.mkdir(parents=True, exist_ok=True)
      fetched = fetch(incoming)
      damage = module_files.find_damage(fetched.root, thorough=True)
      if damage:
        shutil.rmtree(incoming, ignore_errors=True)
        raise UserError(f"{fetched_from}: no module came: {damage}.")
      _settle(path, url, fetched, fetched_from)
      shutil.rmtree(incoming, ignore_errors=True)
      return _read_entry(path, url)
  except OSError as error:
    raise UserError(
      f"The cache of modules, {directory()}, can't be written: "
      f"{error.strerror}; TFHUB_CACHE_DIR names another."
    ) from error


def copy_path(key: str) -> pathlib.Path:
  """Returns where a copy is kept of what has no URL, by a digest of it."""
  return _own() / "copies" / key


def put_copy(key: str, make: Callable[[pathlib.Path], pathlib.Path]) -> str:
  """Returns the directory of a copy, made unless it is there.

  Args:
    key: names its content.
    make: fills a new directory, and returns the module's root in it.

  Raises:
    UserError: the cache can't be written, or `make` raised it.
  """
  path = copy_path(key)
  if path.is_dir():
    return str(path)
  try:
    with _locked(path):
      if not path.is_dir():
        incoming = _own() / "incoming" / path.name
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir(parents=True)
        root = make(incoming)
        path.parent.mkdir(exist_ok=True)
        os.rename(root, path)
        shutil.rmtree(incoming, ignore_errors=True)
  except OSError as error:
    raise UserError(
      f"The cache of modules, {directory()}, can't be written: "
      f"{error.strerror}; TFHUB_CACHE_DIR names another."
    ) from error
  return str(path)


def leftovers() -> list[pathlib.Path]:
  """Returns what downloads that ended midway have left.

  Those of `tensorflow_hub` count once they have been still for ten minutes,
  when it takes them for abandoned itself.
  """
  cache = directory()
  if not cache.is_dir():
    return []
  found = [
    path
    for path in cache.iterdir()
    if re.fullmatch(r"[0-9a-f]{40}(\.[0-9a-f]+\.tmp|\.lock)", path.name)
    and time.time() - _last_change(path) > _ABANDONED_SECS
  ]
  for path in (cache / _OWN / "incoming").glob("*"):
    with contextlib.suppress(BlockingIOError), _locked(path, wait=False):
      found.append(path)
  return sorted(found)


def remove_leftovers() -> list[pathlib.Path]:
  """Removes them, and returns what they were."""
  found = leftovers()
  for path in found:
    if path.is_dir():
      shutil.rmtree(path, ignore_errors=True)
    else:
      path.unlink(missing_ok=True)
  return found


def _entry_path(url: str) -> pathlib.Path:
  return directory() / hashlib.sha1(url.encode()).hexdigest()


def _own() -> pathlib.Path:
  return directory() / _OWN


def _last_change(path: pathlib.Path) -> float:
  times = [path.stat().st_mtime]
  if path.is_dir():
    for inner in path.rglob("*"):
      with contextlib.suppress(OSError):
        times.append(inner.stat().st_mtime)
  return max(times)


@contextlib.contextmanager
def _locked(path: pathlib.Path, *, wait: bool = True) -> Iterator[None]:
  locks = _own() / "locks"
  locks.mkdir(parents=True, exist_ok=True)
  with open(locks / path.name, "a") as file:
    try:
      fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
      if not wait:
        raise
      _LOG.info("Waiting for another process, which fetches %s", path.name)
      fcntl.flock(file, fcntl.LOCK_EX)
    yield


def _read_entry(path: pathlib.Path, url: str | None = None) -> Entry:
  fields = {}
  with contextlib.suppress(OSError):
    text = path.with_name(path.name + _DESCRIPTOR).read_text()
    fields = dict(
      line.split(": ", 1) for line in text.splitlines() if ": " in line
    )
  return Entry(
    path=path,
    url=fields.get("Module", url),
    fetched_at=fields.get("Download Time"),
    fingerprint=fields.get("Fingerprint"),
    source_sha256=fields.get("Source SHA-256"),
  )


def _settle(path, url, fetched: Fetched, fetched_from: str) -> None:
  """Puts a module in its place; what was there before goes."""
  disk.sync_tree(fetched.root)
  lines = [
    f"Module: {url}",
    f"Download Time: {datetime.datetime.now():%Y-%m-%d %H:%M:%S}",
    f"Downloader Hostname: {socket.gethostname()} (PID:{os.getpid()})",
    f"Fetched From: {fetched_from}",
    f"Fingerprint: {module_files.fingerprint(fetched.root)}",
  ]
  if fetched.source_sha256:
    lines.append(f"Source SHA-256: {fetched.source_sha256}")
  descriptor = path.with_name(path.name + _DESCRIPTOR)
  trash = _own() / "incoming" / f"{path.name}-old"
  shutil.rmtree(trash, ignore_errors=True)
  # The descriptor first: a new one beside a module that it isn't of is told from
  # a sound entry, and fetched again.
  disk.write_text(descriptor, "\n".join(lines) + "\n")
  if path.exists():
    os.rename(path, trash)
  try:
    os.rename(fetched.root, path)
  except OSError:  # Another program was first, or it is a fault.
    if not path.is_dir():
      raise
  disk.sync(path.parent)
  shutil.rmtree(trash, ignore_errors=True)
