import os
import shutil
import time

import numpy as np

from hub_estimator.handles.fingerprints import FileDigests, fingerprint


def test_a_change_that_leaves_size_and_time_is_noticed(dense, tmp_path):
  """A file is read once, and again after it was touched."""
  copy = shutil.copytree(dense, tmp_path / "copy")
  (weights,) = copy.glob("variables/variables.data*")
  digests = FileDigests(settled_secs=0)
  before = fingerprint(copy, digests=digests)
  files = digests.files_read
  assert files == len([*copy.glob("*.pb"), *copy.glob("variables/*")])
  assert fingerprint(copy, digests=digests) == before
  assert digests.files_read == files
  time_ns = weights.stat().st_mtime_ns
  content = bytearray(weights.read_bytes())
  content[0] ^= 1
  time.sleep(0.02)  # The file system's clock ticks every 4 ms, say.
  weights.write_bytes(content)
  os.utime(weights, ns=(time_ns, time_ns))
  assert fingerprint(copy, digests=digests) != before
  assert digests.files_read == files + 1
  content[0] ^= 1
  time.sleep(0.02)
  weights.write_bytes(content)
  assert fingerprint(copy, digests=digests) == before


def test_the_fingerprint_follows_content_and_not_place(dense, tmp_path):
  copy = shutil.copytree(dense, tmp_path / "copy")
  same = fingerprint(dense)
  assert fingerprint(copy) == same
  (copy / "assets.extra").mkdir()
  (copy / "assets.extra" / "note").write_text("not computed with")
  assert fingerprint(copy) == same
  data = copy / "variables" / "variables.data-00000-of-00001"
  values = np.frombuffer(data.read_bytes(), np.float32).copy()
  values[0] += 1
  data.write_bytes(values.tobytes())
  assert fingerprint(copy) != same


def test_a_file_that_has_just_changed_is_always_read(dense, tmp_path):
  copy = shutil.copytree(dense, tmp_path / "copy")
  digests = FileDigests(settled_secs=600)
  assert fingerprint(copy, digests=digests) == fingerprint(dense)
  files = digests.files_read
  fingerprint(copy, digests=digests)
  assert digests.files_read == 2 * files > 0
