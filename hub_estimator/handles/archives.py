"""Archives of modules, unpacked without trust in their content."""

import bz2
import gzip
import io
import lzma
import pathlib
import tarfile
import zlib

from hub_estimator.errors import UserError, one_line
from hub_estimator.handles.faults import cant_write
from hub_estimator.handles.module_files import is_module

SUFFIXES = (".tar.gz", ".tgz", ".tar", ".tar.bz2", ".tar.xz")
_CHUNK_BYTES = 1 << 20
_MAX_FILES = 100_000
_OPENERS = (
  (b"\x1f\x8b", gzip.open),
  (b"BZh", bz2.open),
  (b"\xfd7zXZ", lzma.open),
)


_Stream = gzip.GzipFile | bz2.BZ2File | lzma.LZMAFile | io.BufferedReader


def extract(
  archive: pathlib.Path, directory: pathlib.Path, *, source: str, max_bytes: int
) -> pathlib.Path:
  """Extracts a module's tar, plain or compressed by gzip, bzip2 or xz.

  The archive may hold only files and directories, all of them inside
  `directory`.

  Args:
    archive: the file.
    directory: must not exist, or be empty.
    source: the archive's origin, for messages.
    max_bytes: of all files together; a small archive may unpack to a huge one.

  Returns:
    The module's root: `directory`, or its only folder, as `tar czf m.tgz m`
    makes it.

  Raises:
    UserError: the file isn't an archive, is cut short, or has forbidden content.
  """
  with archive.open("rb") as file:
    first = file.read(8)
  opener = next((o for magic, o in _OPENERS if first.startswith(magic)), open)
  directory.mkdir(parents=True, exist_ok=True)
  try:
    with opener(archive, "rb") as stream:
      _extract_tar(stream, directory, source, max_bytes)
      # Read to the end, where a compressed stream has its checksum.
      for _ in range(max_bytes // _CHUNK_BYTES):
        if not stream.read(_CHUNK_BYTES):
          break
  except (tarfile.TarError, EOFError, zlib.error, lzma.LZMAError) as error:
    raise _broken(source, error) from error
  except OSError as error:
    if error.errno is None:  # From gzip and bz2: wrong format or checksum.
      raise _broken(source, error) from error
    raise cant_write(source, directory, error) from error
  held = list(directory.iterdir())
  if len(held) == 1 and is_module(held[0]):
    return held[0]
  return directory


def _extract_tar(
  stream: _Stream, directory: pathlib.Path, source: str, max_bytes: int
) -> None:
  left = max_bytes
  count = 0
  root = directory.resolve()
  with tarfile.open(fileobj=stream, mode="r|") as archive:
    if hasattr(tarfile, "data_filter"):  # Early releases of 3.11 lack it.
      archive.extraction_filter = tarfile.data_filter
    for member in archive:
      count += 1
      left -= member.size
      if left < 0 or count > _MAX_FILES:
        raise UserError(
          f"{source}: refused: it unpacks to more than "
          f"{max_bytes / 2**30:g} GiB or {_MAX_FILES:,} files."
        )
      _check_member(member, root, source)
      archive.extract(member, root)


def _check_member(
  member: tarfile.TarInfo, root: pathlib.Path, source: str
) -> None:
  if not (member.isfile() or member.isdir()):
    raise UserError(
      f"{source}: refused: {member.name!r} is neither a file nor a directory."
    )
  if not (root / member.name).resolve().is_relative_to(root):
    raise UserError(
      f"{source}: refused: {member.name!r} lies outside the module."
    )


def _broken(source: str, error: Exception) -> UserError:
  return UserError(
    f"{source}: not a tar archive, or a broken one: {one_line(error)}."
  )
