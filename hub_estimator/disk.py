"""Files and directories that survive a crash or a power cut undamaged."""

import hashlib
import os
import pathlib


def write_text(path: pathlib.Path, text: str) -> None:
  """Replaces a file's content atomically: if this fails, the old content stays.

  Directories above the file are created.
  """
  path.parent.mkdir(parents=True, exist_ok=True)
  partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
  try:
    with open(partial, "w", encoding="utf-8") as file:
      file.write(text)
      file.flush()
      os.fsync(file.fileno())
    os.replace(partial, path)
  finally:
    partial.unlink(missing_ok=True)


def read_at(descriptor: int, start: int, size: int) -> bytes:
  """Returns bytes of an open file.

  Args:
    descriptor: of the file.
    start: the first byte.
    size: how many bytes; one call of the system returns at most 2 GiB.

  Raises:
    OSError: the file ends before them.
  """
  content = os.pread(descriptor, size, start)
  if len(content) == size:
    return content
  parts = [content]
  done = len(content)
  while parts[-1]:
    parts.append(os.pread(descriptor, size - done, start + done))
    done += len(parts[-1])
  if done < size:
    raise OSError(f"the file ends before byte {start + size}")
  return b"".join(parts)


def sync_tree(root: pathlib.Path) -> None:
  """Flushes all files and directories below a directory to disk."""
  for directory, _, files in os.walk(root):
    for name in (*files, "."):
      sync(pathlib.Path(directory) / name)


def sync(path: pathlib.Path) -> None:
  """Flushes a file, or the list of names in a directory, to disk."""
  descriptor = os.open(path, os.O_RDONLY)
  try:
    os.fsync(descriptor)
  finally:
    os.close(descriptor)


def sha256(path: pathlib.Path) -> str:
  """Returns the sha256, hex, of a file's content."""
  with path.open("rb") as file:
    return hashlib.file_digest(file, "sha256").hexdigest()
