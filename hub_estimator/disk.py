"""Files and directories that are whole after a crash or a power cut."""

import os
import pathlib


def write_text(path: pathlib.Path, text: str) -> None:
  """Writes a file whole, or leaves what was there."""
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


def sync_tree(root: pathlib.Path) -> None:
  """Puts files and directories on disk, so that a power cut loses no half."""
  for directory, _, files in os.walk(root):
    for name in (*files, "."):
      sync(pathlib.Path(directory) / name)


def sync(path: pathlib.Path) -> None:
  """Puts a file, or a directory's list of names, on disk."""
  descriptor = os.open(path, os.O_RDONLY)
  try:
    os.fsync(descriptor)
  finally:
    os.close(descriptor)
