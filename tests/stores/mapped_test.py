import pathlib

import numpy as np
import pytest

from hub_estimator import stores
from hub_estimator.stores.mapped import Mapped, Pages


def _resident_mib() -> float:
  status = pathlib.Path("/proc/self/status").read_text()
  return int(status.split("RssFile:")[1].split()[0]) / 1024


def test_an_empty_file_is_an_empty_array(tmp_path):
  (tmp_path / "empty").touch()
  mapped = Mapped(tmp_path / "empty", Pages())
  assert mapped.array(np.dtype(np.int64), (0,)).size == 0


@pytest.mark.slow
def test_a_file_that_is_read_at_random_stays_out_of_memory(tmp_path):
  writer = stores.StoreWriter(tmp_path)
  block = np.zeros(1 << 20, np.int64)
  for _ in range(64):
    writer.column("x").append(block)
  writer.close({})
  values = stores.read(tmp_path).columns["x"].values
  before = _resident_mib()
  rng = np.random.default_rng(1)
  most = 0.0
  for _ in range(2000):
    values[rng.integers(0, len(values), 64)]
    most = max(most, _resident_mib() - before)
  assert most < 100  # Of 512.
