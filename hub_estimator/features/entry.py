"""One entry of the cache of features: an array on disk with its checksum."""

import json
import logging
import pathlib
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
    None if the entry is damaged, or its files are gone.
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
  return None


def write(directory: pathlib.Path, batches: Iterable[np.ndarray]) -> None:
  """Writes an entry batch by batch.

  Args:
    directory: of the entry, empty.
    batches: float32 [batch, width] each.
  """
  npy_file.write(directory / _ARRAY, batches)
  checksum = {"sha256": disk.sha256(directory / _ARRAY)}
  (directory / _CHECKSUM).write_text(json.dumps(checksum))
