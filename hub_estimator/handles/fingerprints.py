"""Checksums of files, and the fingerprint of a module's content."""

import functools
import hashlib
import os
import pathlib
import time
from typing import IO

from hub_estimator.errors import UserError
from hub_estimator.handles.module_files import MODULE, SAVED_MODEL

_CHUNK_BYTES = 1 << 20


class FileDigests:
  """The sha256 of files, each of which is read again only if it has changed.

  Each trial of a sweep asks for its modules, which may have gigabytes.

  Attributes:
    files_read: how many files have been read so far.
  """

  def __init__(self, *, settled_secs: float = 2.0):
    """Starts without any file.

    Args:
      settled_secs: a file that changed less than this ago is always read: two
        changes in quick succession may leave the same time.
    """
    self.files_read = 0
    self._settled_ns = int(settled_secs * 1e9)
    self._read_once = functools.lru_cache(maxsize=1024)(self._read)

  def digest(self, file: pathlib.Path) -> str:
    """Returns the sha256, hex, of a file."""
    state = file.stat()
    changed = max(state.st_mtime_ns, state.st_ctime_ns)
    settled = time.time_ns() - changed >= self._settled_ns
    read = self._read_once if settled else self._read
    return read(file, (state.st_dev, state.st_ino, state.st_size, changed))

  def _read(self, file: pathlib.Path, state: tuple[int, ...]) -> str:
    """Returns the sha256, hex, of a file in a state."""
    del state
    self.files_read += 1
    return sha256_of_file(file)


_DIGESTS = FileDigests()


def fingerprint(
  path: str | os.PathLike[str], *, digests: FileDigests = _DIGESTS
) -> str:
  """Returns the sha256, hex, of a module's files and their names.

  `assets.extra` doesn't count: it holds what people attach to a module, such as
  documentation.

  Args:
    path: the module's directory.
    digests: reads the files.
  """
  root = pathlib.Path(path)
  digest = hashlib.sha256()
  files = sorted(
    (str(f.relative_to(root)), f)
    for top in (MODULE, SAVED_MODEL, "variables", "assets")
    for f in (
      [root / top] if (root / top).is_file() else (root / top).rglob("*")
    )
    if f.is_file()
  )
  for name, file in files:
    digest.update(f"{name}\0{digests.digest(file)}\n".encode())
  return digest.hexdigest()


def sha256(stream: IO[bytes]) -> str:
  """Returns the sha256, hex, of the rest of a binary stream."""
  digest = hashlib.sha256()
  while chunk := stream.read(_CHUNK_BYTES):
    digest.update(chunk)
  return digest.hexdigest()


def sha256_of_file(
  path: pathlib.Path, *, wanted: str | None = None, source: str | None = None
) -> str:
  """Returns the sha256, hex, of a file.

  Args:
    path: the file.
    wanted: the checksum that a handle states, hex; None accepts any.
    source: the origin of the file, for messages; None means its path.

  Raises:
    UserError: the file has another checksum than the wanted one.
  """
  with path.open("rb") as stream:
    found = sha256(stream)
  if wanted not in (None, found):
    raise UserError(
      f"{source or path}: its sha256 is {found}, and the handle says {wanted}."
    )
  return found
