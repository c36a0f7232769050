"""Files and directories in TensorFlow's file systems, such as gs:// or s3://."""

import dataclasses
import hashlib
import logging
import pathlib
import shutil
import time
from collections.abc import Iterator

from hub_estimator import progress
from hub_estimator.errors import UserError, one_line
from hub_estimator.handles.settings import Limits
from hub_estimator.tensorflow_runtime import tf

_LOG = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class _File:
  path: str
  below: str  # Its path below the directory that is listed or copied.
  size: int
  changed_ns: int


def sha256_of_listing(source: str) -> str:
  """Returns a digest, hex, that changes if a file of a directory changes.

  It covers the names, sizes and times of all files; no file is read.

  Raises:
    UserError: `source` isn't a directory, or can't be listed.
  """
  digest = hashlib.sha256()
  for file in _files(source):
    digest.update(f"{file.below}\0{file.size}\0{file.changed_ns}\n".encode())
  return digest.hexdigest()


def copy_directory(
  source: str, target: pathlib.Path, *, limits: Limits
) -> None:
  """Copies a directory to a local one, whose earlier content is removed.

  Raises:
    UserError: `source` can't be read, or is larger than the limits allow.
  """
  start = time.monotonic()
  _LOG.info("Copying %s", source)
  shutil.rmtree(target, ignore_errors=True)
  files = list(_files(source))
  total = sum(file.size for file in files)
  if total > limits.max_bytes:
    raise UserError(
      f"{source}: larger than {limits.max_bytes / 2**30:g} GiB; see "
      "handles.max_gib."
    )
  copied = 0
  for file in files:
    copy = target / file.below
    copy.parent.mkdir(parents=True, exist_ok=True)
    _copy(file.path, copy)
    copied += file.size
    progress.report(f"copying {source}", copied, total, unit="bytes")
  _log_copied(source, total, start)


def copy_file(source: str, target: pathlib.Path) -> None:
  """Copies a file to a local one.

  Raises:
    UserError: `source` can't be read.
  """
  start = time.monotonic()
  _LOG.info("Copying %s", source)
  _copy(source, target)
  _log_copied(source, target.stat().st_size, start)


def _copy(source: str, target: pathlib.Path) -> None:
  try:
    tf.io.gfile.copy(source, str(target), overwrite=True)
  except tf.errors.OpError as error:
    raise _unreadable(source, error) from error


def _log_copied(source: str, size: int, start: float) -> None:
  _LOG.info(
    "Copied %s: %.1f MB in %.1f s",
    source,
    size / 1e6,
    time.monotonic() - start,
  )


def _files(source: str) -> Iterator[_File]:
  """Yields all files below a directory."""
  try:
    if not tf.io.gfile.stat(source).is_directory:
      raise UserError(f"{source} isn't a directory.")
    for folder, _, names in tf.io.gfile.walk(source):
      for name in sorted(names):
        path = f"{folder.rstrip('/')}/{name}"
        below = path.removeprefix(source.rstrip("/") + "/")
        status = tf.io.gfile.stat(path)
        yield _File(path, below, status.length, status.mtime_nsec)
  except tf.errors.OpError as error:
    raise _unreadable(source, error) from error


def _unreadable(source: str, error: tf.errors.OpError) -> UserError:
  hint = (
    "; tensorflow-io has its file system: import it in the gin file"
    if isinstance(error, tf.errors.UnimplementedError)
    else ""
  )
  why = one_line(error.message) or type(error).__name__
  return UserError(f"{source}: {why}{hint}.")
