"""The machine's clock jumps, between runs and in the middle of one."""

import json
import os
import pathlib
import subprocess
import sys
import time

import pytest

from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import GIN

pytestmark = [
  pytest.mark.newest,
  pytest.mark.faults,
  pytest.mark.skipif(
    not list(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")),
    reason="no libfaketime here: apt-get install faketime",
  ),
]

_GIN = (
  GIN
  + """module.trainable = True
exports.kinds = ["latest", "best"]
exports.keep = 3
MAX_STEPS = 40
EVAL_EVERY_STEPS = 5
"""
)


def _start(gin_file, model_dir, clock, *params):
  """Trains in a process whose clock is ahead by what the file `clock` says."""
  (library,) = pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")
  return subprocess.Popen(
    [
      *(sys.executable, "-m", "hub_estimator.trainers.main", "train"),
      *(f"--gin_file={gin_file}", f"--model_dir={model_dir}"),
      *(f"--gin_param={param}" for param in params),
    ],
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    text=True,
    env={
      **os.environ,
      "LD_PRELOAD": str(library),
      "FAKETIME_TIMESTAMP_FILE": str(clock),
      "FAKETIME_NO_CACHE": "1",
      # A clock that is set leaves the monotonic one alone.
      "FAKETIME_DONT_FAKE_MONOTONIC": "1",
    },
  )


def _end(process) -> dict:
  out, errors = process.communicate(timeout=300)
  assert process.returncode == 0, errors
  assert "Traceback" not in errors, errors
  return json.loads(out)


def _versions(run) -> list[tuple[int, int]]:
  """Returns (version, step) of what is exported as latest, in order of version."""
  found = []
  for path in (run / "export/latest/model").iterdir():
    told = json.loads((path / "assets.extra" / "manifest.json").read_text())
    found.append((int(path.name), told["checkpoint_step"]))
  return sorted(found)


@pytest.fixture
def gin_file(tmp_path, batch_norm, numbers_npz):
  file = tmp_path / "run.gin"
  file.write_text(_GIN.format(module=batch_norm, data=numbers_npz))
  return file


@pytest.mark.slow
def test_a_clock_that_jumps_changes_nothing(gin_file, tmp_path):
  clock = tmp_path / "clock"
  clock.write_text("+0")
  whole = _end(_start(gin_file, tmp_path / "whole", clock))
  # Ahead by a year, and in the middle of the run back by two.
  clock.write_text("+365d")
  run = tmp_path / "run"
  process = _start(gin_file, run, clock, "MAX_STEPS = 30")
  while process.poll() is None and not list(run.glob("model.ckpt-15.index")):
    time.sleep(0.02)
  assert process.poll() is None
  clock.write_text("-365d")
  assert _end(process)["steps"] == 30
  seen = [
    event.wall_time
    for file in (run / "eval").glob("events.*")
    for event in tf.train.summary_iterator(str(file))
  ]
  assert max(seen) - min(seen) > 700 * 86400  # The clock has jumped.
  # And started again behind the last one.
  clock.write_text("-800d")
  told = _end(_start(gin_file, run, clock))
  assert told["steps"] == 40
  for name, value in whole["metrics"].items():
    assert told["metrics"][name] == pytest.approx(value, rel=1e-6)
  assert told["best"] == whole["best"]
  # The newest has the highest number, and the newest three are kept.
  assert [step for _, step in _versions(run)] == [30, 35, 40]
  assert [step for _, step in _versions(tmp_path / "whole")] == [30, 35, 40]
