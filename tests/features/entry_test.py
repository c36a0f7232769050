import os
import signal
import time

import numpy as np
import pytest

from hub_estimator.features import entry
from tests.features.small_outputs import entries


def test_a_writer_that_is_killed_leaves_nothing_that_counts(cache_dir):
  cache_dir.mkdir(parents=True)
  key = "0123456789abcdef"

  def batches():
    while True:
      yield np.ones([1000, 50], np.float32)
      time.sleep(0.01)

  child = os.fork()
  if child == 0:
    entry.write(cache_dir / key, batches())
    os._exit(0)
  deadline = time.monotonic() + 30
  while not list(cache_dir.glob(f".{key}-*/*/outputs.npy")):
    assert time.monotonic() < deadline
    time.sleep(0.02)
  os.kill(child, signal.SIGKILL)
  os.waitpid(child, 0)
  assert entry.read(cache_dir / key) is None
  assert entries(cache_dir) == list(cache_dir.glob(f".{key}-*"))
  assert entry.find_leftovers(cache_dir / key) == entries(cache_dir)
  entry.write(cache_dir / key, iter([np.eye(3, dtype=np.float32)]))
  np.testing.assert_array_equal(entry.read(cache_dir / key), np.eye(3))


def test_a_writer_that_fails_leaves_nothing(tmp_path):
  def batches():
    yield np.ones([2, 3], np.float32)
    raise ValueError("no more")

  with pytest.raises(ValueError, match="no more"):
    entry.write(tmp_path / "key", batches())
  assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("text", ["{", "[]", "{}", '"sha256"'])
def test_an_entry_with_a_damaged_checksum_is_removed(tmp_path, text):
  entry.write(tmp_path / "key", [np.eye(3, dtype=np.float32)])
  assert entry.size_bytes(tmp_path / "key") == 128 + 9 * 4
  (tmp_path / "key" / "entry.json").write_text(text)
  assert entry.read(tmp_path / "key") is None
  assert not (tmp_path / "key").exists()
