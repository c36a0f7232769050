import threading

import numpy as np
import pytest

from hub_estimator.features import entry
from hub_estimator.modules import read_module_info
from tests.features.small_outputs import compute, entries


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


@pytest.mark.parametrize("text", ["{", "[]", "{}", '"sha256"'])
def test_an_entry_with_a_damaged_checksum_does_not_count(tmp_path, text):
  entry.write(tmp_path, [np.eye(3, dtype=np.float32)])
  np.testing.assert_array_equal(entry.read(tmp_path), np.eye(3))
  (tmp_path / "entry.json").write_text(text)
  assert entry.read(tmp_path) is None
