"""kill -9 of a sweep and all its workers at random moments; it continues."""

import json
import os
import random
import signal
import subprocess
import time

import pytest

from tests.small_runs import GIN
from tests.sweeps import small

pytestmark = [pytest.mark.newest, pytest.mark.faults]

KILLS = int(os.environ.get("HUB_ESTIMATOR_KILLS", "2"))

_SWEEP = (
  GIN
  + """MAX_STEPS = 40
EVAL_EVERY_STEPS = 20
exports.kinds = []
sweep.space = {{"SEED": {seeds}}}
sweep.strategy = "grid"
sweep.max_failures = 1
"""
)


@pytest.mark.slow
def test_a_killed_sweep_ends_as_an_undisturbed_one(
  dense, numbers_npz, tmp_path
):
  trials = max(4, KILLS)
  gin_file = tmp_path / "sweep.gin"
  gin_file.write_text(
    _SWEEP.format(module=dense, data=numbers_npz, seeds=list(range(trials)))
  )

  def start(directory):
    return subprocess.Popen(
      small.command(str(gin_file), tmp_path / directory, "--workers=2"),
      stdout=subprocess.DEVNULL,
      stderr=subprocess.PIPE,
      text=True,
      start_new_session=True,
    )

  whole = start("whole")
  started = time.monotonic()
  _, errors = whole.communicate()
  assert whole.returncode == 0, errors
  seconds = time.monotonic() - started

  rng = random.Random(1)
  killed = 0
  finished: dict[str, bytes] = {}
  while True:
    process = start("killed")
    deadline = time.monotonic() + rng.uniform(0, seconds)
    while process.poll() is None and (
      time.monotonic() < deadline or killed >= KILLS
    ):
      time.sleep(0.05)
    if process.poll() is not None:
      assert process.returncode == 0, process.stderr.read()
      break
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    killed += 1
    time.sleep(1)  # Workers see that their parent is gone.
    # A result that was there stays as it was.
    for path in (tmp_path / "killed").glob("trials/*/result.json"):
      content = path.read_bytes()
      assert finished.setdefault(path.parent.name, content) == content
      assert json.loads(content)["state"] == "finished"
  leaderboards = [
    json.loads((tmp_path / name / "leaderboard.json").read_text())["trials"]
    for name in ("whole", "killed")
  ]

  def by_seed(leaderboard):
    return {
      json.dumps(row["params"], sort_keys=True): row["goals"]
      for row in leaderboard
    }

  assert by_seed(leaderboards[1]) == by_seed(leaderboards[0])
  assert len(by_seed(leaderboards[0])) == trials
