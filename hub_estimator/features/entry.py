"""One entry of the cache: an array on disk with its checksum, whole or absent."""

import json
import logging
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterable

import numpy as np

from hub_estimator import disk
from hub_estimator.features import npy_file

_log = logging.getLogger(__name__)
_ARRAY = "outputs.npy"
_CHECKSUM = "entry.json"


def read(entry: pathlib.Path) -> np.ndarray | None:
  """Returns an entry's array as a memory map.

  Returns:
    None if the entry is absent or damaged; a damaged entry is removed.
  """
  try:
    expected = json.loads((entry / _CHECKSUM).read_text())["sha256"]
    if disk.sha256(entry / _ARRAY) != expected:
      raise ValueError("the checksum doesn't match")
    return np.load(entry / _ARRAY, mmap_mode="r")
  except FileNotFoundError:
    pass
  except (OSError, ValueError, KeyError, TypeError) as error:
    _log.warning(
      "Features in %s are damaged (%s); computing them again.", entry, error
    )
  shutil.rmtree(entry, ignore_errors=True)
  return None


def write(entry: pathlib.Path, batches: Iterable[np.ndarray]) -> None:
  """Writes an entry batch by batch; it appears once it is whole and on disk.

  Args:
    entry: its directory, which doesn't exist yet.
    batches: float32 [batch, width] each.
  """
  with tempfile.TemporaryDirectory(
    dir=entry.parent, prefix=_scratch_prefix(entry)
  ) as scratch:
    partial = pathlib.Path(scratch) / entry.name
    partial.mkdir()
    npy_file.write(partial / _ARRAY, batches)
    checksum = {"sha256": disk.sha256(partial / _ARRAY)}
    (partial / _CHECKSUM).write_text(json.dumps(checksum))
    for file in partial.iterdir():
      with file.open("rb") as stream:
        os.fsync(stream.fileno())
    os.rename(partial, entry)


def find_leftovers(entry: pathlib.Path) -> list[pathlib.Path]:
  """Returns the directories that killed writers of an entry have left."""
  return list(entry.parent.glob(f"{_scratch_prefix(entry)}*"))


def size_bytes(entry: pathlib.Path) -> int:
  """Returns the size of an entry's array.

  Raises:
    FileNotFoundError: there is no entry.
    NotADirectoryError: the path is another file.
  """
  return (entry / _ARRAY).stat().st_size


def _scratch_prefix(entry: pathlib.Path) -> str:
  return f".{entry.name}-"
