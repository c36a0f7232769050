"""Many evaluations and exports in one process: memory and open files stay flat."""

import json
import os
import subprocess
import sys

import pytest

pytestmark = [pytest.mark.newest, pytest.mark.faults]

EVALUATIONS = int(os.environ.get("HUB_ESTIMATOR_EVALUATIONS", "24"))

_SCRIPT = """
import gc, json, os, sys
from hub_estimator import exporting, runs
from tests.small_runs import make_experiment
def held():
  with open("/proc/self/statm") as file:
    pages = int(file.read().split()[1])
  return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, len(os.listdir("/proc/self/fd"))
seen = []
e = make_experiment({module!r}, {data!r}, max_steps={evaluations} * 2,
  eval_every_steps=2, exports=exporting.Exports(["latest", "best"], keep=2))
result = runs.train(e, {model_dir!r},
  after_evaluation=lambda step, metrics: seen.append(held()))
print(json.dumps({{"seen": seen, "steps": result.steps}}))
"""


@pytest.mark.slow
def test_memory_and_files_are_flat(batch_norm, numbers_npz, tmp_path):
  script = _SCRIPT.format(
    module=batch_norm,
    data=numbers_npz,
    evaluations=EVALUATIONS,
    model_dir=str(tmp_path / "run"),
  )
  done = subprocess.run(
    [sys.executable, "-c", script], capture_output=True, text=True, check=False
  )
  assert done.returncode == 0, done.stderr
  told = json.loads(done.stdout.splitlines()[-1])
  seen = told["seen"]
  assert len(seen) == EVALUATIONS
  megabytes, files = zip(*seen, strict=True)
  assert max(files[2:]) <= files[2] + 2, files
  # Graphs go when Python looks for circles, so what is held rises and falls: the
  # least of what is held is compared.
  third = EVALUATIONS // 3
  before, after = min(megabytes[third : 2 * third]), min(megabytes[2 * third :])
  print(f"{before:.0f} to {after:.0f} MiB, {files[-1]} files")
  assert after < before * 1.03, megabytes
  # Only what is kept is on disk.
  assert len(list((tmp_path / "run").glob("model.ckpt-*.index"))) == 5
  assert len(os.listdir(tmp_path / "run" / "export" / "latest" / "model")) == 2
