"""kill -9 at random moments while features are computed and kept."""

import os
import random
import time

import numpy as np
import pytest

from hub_estimator import disk_cache
from tests.faults import forked

pytestmark = [pytest.mark.newest, pytest.mark.faults]

KILLS = int(os.environ.get("HUB_ESTIMATOR_KILLS", "5"))

# Small batches, so that writing files takes most of the time.
PREPARE = """
import os
os.environ["HUB_ESTIMATOR_CACHE"] = {cache!r}
import numpy as np
from hub_estimator import features
from hub_estimator.modules import read_module_info
from tests.small_runs import make_experiment
e = make_experiment({module!r}, {data!r}, module_trainable=False)
infos = {{"module": read_module_info({module!r})}}
examples = e.train_input.read()
def compute():
  outputs = features.Outputs([examples], e.encoder, infos, batch_size=4)
  (kept,) = outputs.examples()
  (name,) = [n for n in kept.features if n not in examples.features]
  np.save({out!r}, np.asarray(kept.features[name]))
"""


@pytest.mark.slow
def test_entries_are_whole_after_any_kill(
  dense, numbers_npz, tmp_path, monkeypatch
):
  cache, out = tmp_path / "cache", tmp_path / "out.npy"
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE", str(cache))
  prepare = PREPARE.format(
    cache=str(cache), module=dense, data=numbers_npz, out=str(out)
  )
  with forked.Forker(prepare) as forker:
    started = time.monotonic()
    assert forker.run("compute()").wait() == 0
    seconds = time.monotonic() - started
    whole = np.load(out)
    rng = random.Random(1)
    killed = 0
    while killed < KILLS:
      for path in sorted(disk_cache.directory("features").glob("*/*")):
        path.unlink()
      for path in disk_cache.directory("features").glob("*"):
        if path.is_dir():
          path.rmdir()
      out.unlink(missing_ok=True)
      child = forker.run("compute()")
      time.sleep(rng.uniform(0, seconds))
      if child.poll() is None:
        child.kill()
        killed += 1
      child.wait()
      # An entry is whole, whenever it appeared.
      for entry in disk_cache.directory("features").glob("*/entry.json"):
        np.testing.assert_array_equal(
          np.load(entry.parent / "outputs.npy"), whole
        )
      assert forker.run("compute()").wait() == 0
      np.testing.assert_array_equal(np.load(out), whole)
      left = [
        path
        for path in disk_cache.directory("features").iterdir()
        if path.name.startswith(".")
      ]
      assert not left
