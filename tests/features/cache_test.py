import os
import pathlib
import threading

import numpy as np
import pytest

from hub_estimator.features import cache
from hub_estimator.modules import read_module_info
from tests.features.small_outputs import compute, entries


def test_the_environment_sets_directory_and_limit(monkeypatch):
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE", "~/elsewhere")
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE_GIB", "0.5")
  assert cache.cache_dir() == pathlib.Path.home() / "elsewhere" / "features"
  assert cache.max_bytes() == 2**29
  monkeypatch.delenv("HUB_ESTIMATOR_CACHE_GIB")
  assert cache.max_bytes() == 20 * 2**30


@pytest.mark.parametrize(
  "damage", ["flip", "truncate", "no json", "other width", "empty"]
)
def test_a_damaged_entry_is_computed_again(
  dense, x, cache_dir, new_log, damage
):
  expected = np.array(compute(dense, x))
  (entry,) = entries(cache_dir)
  file = entry / "outputs.npy"
  content = bytearray(file.read_bytes())
  if damage == "flip":
    content[-5] ^= 1
    file.write_bytes(content)
  elif damage == "truncate":
    file.write_bytes(content[:-4])
  elif damage == "no json":
    (entry / "entry.json").write_text("{")
  elif damage == "other width":
    content[:128] = content[:128].replace(b" 3)", b" 4)")
    file.write_bytes(content)
  else:
    file.unlink()
    (entry / "entry.json").unlink()
  new_log()
  np.testing.assert_array_equal(compute(dense, x), expected)
  log = new_log()
  assert "Computed the outputs" in log
  assert ("are damaged" in log) == (damage != "empty")
  np.testing.assert_array_equal(compute(dense, x), expected)
  assert "Computed" not in new_log()


def test_those_that_ask_at_once_wait_for_one_that_computes(dense, x, new_log):
  read_module_info(dense)
  got = []
  threads = [
    threading.Thread(target=lambda: got.append(np.array(compute(dense, x))))
    for _ in range(4)
  ]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  assert new_log().count("Computed the outputs") == 1
  assert len(got) == 4
  for outputs in got:
    np.testing.assert_array_equal(outputs, got[0])


def test_the_least_recently_used_are_evicted_above_the_limit(
  dense, x, cache_dir, monkeypatch
):
  # Each entry is 150 x 3 floats and a header of 128 bytes.
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE_GIB", str(2 * 1928 / 2**30))
  first = compute(dense, x)
  os.utime(entries(cache_dir)[0], (1, 1))
  compute(dense, x + 1)
  assert len(entries(cache_dir)) == 2
  kept = {e.name for e in entries(cache_dir)}
  compute(dense, x + 2)
  assert len(entries(cache_dir)) == 2
  assert len(kept & {e.name for e in entries(cache_dir)}) == 1
  assert np.isfinite(first).all()  # A process that reads it can go on.
