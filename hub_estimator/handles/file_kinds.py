"""Files that aren't what their names say: told by their first bytes, with the fix."""

import os
import pathlib
import tarfile

_LFS = b"version https://git-lfs"
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


def lfs_pointer(path: str | os.PathLike[str]) -> str | None:
  """Returns what to do about a file of which Git LFS left a pointer, or None.

  Args:
    path: of the file.
  """
  if not _first_bytes(path).startswith(_LFS):
    return None
  return (
    "is a Git LFS pointer, not the file itself: run 'git lfs pull' where it was "
    "cloned"
  )


def mistaken(path: str | os.PathLike[str]) -> str | None:
  """Returns what a file is in place of a part of a module, and the fix, or None.

  Args:
    path: of a file that should be binary, such as saved_model.pb, or an archive.
  """
  first = _first_bytes(path)
  if first.startswith(_ZIP):
    return "is a zip archive: unpack it, and name the directory"
  if first.lstrip()[:1] == b"<" and b"html" in first.lower():
    return "is a web page: download the file that the page is about"
  return lfs_pointer(path)


def unnamed_tar(path: str | os.PathLike[str]) -> str | None:
  """Returns the fix if a file is a tar without its ending, or None.

  Args:
    path: of a file that has none of the endings of archives.
  """
  if not tarfile.is_tarfile(path):
    return None
  return "is a tar archive: rename it so that it ends in .tar or .tar.gz"


def _first_bytes(path: str | os.PathLike[str]) -> bytes:
  with pathlib.Path(path).open("rb") as file:
    return file.read(512)
