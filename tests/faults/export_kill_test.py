"""kill -9 at random moments of an export: no reader sees half a version."""

import hashlib
import os
import random
import shutil
import signal
import time

import pytest

from hub_estimator.model_dir import read_json, versions
from tests.faults import forked

pytestmark = [pytest.mark.newest, pytest.mark.faults]

KILLS = int(os.environ.get("HUB_ESTIMATOR_KILLS", "50"))

PREPARE = """
from hub_estimator import exporting, runs
from tests.small_runs import make_experiment
import numpy as np, os
os.chdir({folder!r})
rng = np.random.default_rng(0)
x = rng.normal(size=(32, 4)).astype(np.float32)
np.savez("d.npz", x=x, label=(x[:, 0] > 0).astype(np.int64))
e = make_experiment({module!r}, "d.npz", exports=exporting.Exports(keep=3), max_steps=10)
"""


def _assert_whole(version) -> None:
  """Checks that every file in the manifests is there and has its checksum."""
  halves = [version.model, version.modules / "module"]
  for half in halves:
    manifest = read_json(half / "assets.extra" / "manifest.json")
    assert manifest["version"] == version.number
    for name, digest in manifest["sha256"].items():
      assert hashlib.sha256((half / name).read_bytes()).hexdigest() == digest


@pytest.mark.slow
def test_no_reader_sees_half_a_version(batch_norm, tmp_path):
  prepare = PREPARE.format(folder=str(tmp_path), module=batch_norm)
  with forked.Forker(prepare) as forker:
    forker.run("runs.train(e, 'run')").wait()
    base = tmp_path / "run" / "export" / "latest"
    assert len(versions.numbers(base)) >= 1
    started = time.monotonic()
    assert forker.run("runs.export('run', experiment=e)").wait() == 0
    seconds = time.monotonic() - started

    rng = random.Random(1)
    killed = seen_new = 0
    while killed < KILLS:
      before = versions.numbers(base)
      child = forker.run("runs.export('run', experiment=e)")
      deadline = time.monotonic() + rng.uniform(0, seconds)
      # Meanwhile, a reader looks again and again.
      while time.monotonic() < deadline and child.poll() is None:
        for number in versions.numbers(base)[-1:]:
          try:
            with versions.pinned(base, number) as version:
              _assert_whole(version)
          except FileNotFoundError:
            pytest.fail(f"version {number} lacks a file")
      if child.poll() is None:
        child.kill(signal.SIGKILL)
        killed += 1
      child.wait()
      after = versions.numbers(base)
      seen_new += after[-1] != before[-1]
      assert set(before[-2:]) <= set(after)
      for number in after:
        _assert_whole(versions.find(base, number))

    # The next export succeeds and removes all leftovers.
    assert forker.run("runs.export('run', experiment=e)").wait() == 0
    assert sorted(os.listdir(base)) == [".pins", "model", "module"]
    assert sorted(os.listdir(base / "model")) == sorted(
      os.listdir(base / "module")
    )
    assert len(versions.numbers(base)) == 3
  print(f"{killed} exports killed; {seen_new} versions appeared meanwhile")
  shutil.rmtree(tmp_path / "run")
