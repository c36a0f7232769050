"""kill -9 at random moments of a run: started again, it ends as an undisturbed one."""

import contextlib
import json
import os
import random
import time

import pytest

from hub_estimator.model_dir import checkpoints, versions
from tests.faults import forked

pytestmark = pytest.mark.faults

KILLS = int(os.environ.get("HUB_ESTIMATOR_KILLS", "5"))

PREPARE = """
from hub_estimator import exporting, runs
from tests.small_runs import make_experiment
def run(model_dir):
  e = make_experiment({module!r}, {data!r}, max_steps=400, eval_every_steps=40,
    exports=exporting.Exports(["latest"], keep=2, verify=False))
  runs.train(e, model_dir, config_text="SEED = 1\\n")
"""


def _last_step(model_dir) -> int:
  steps = [
    int(path.name.split("-")[1].split(".")[0])
    for path in model_dir.glob("model.ckpt-*.index")
  ]
  return max(steps, default=0)


def _assert_whole(model_dir) -> None:
  """What a reader finds is whole: configs, results, checkpoints, versions."""
  for name in ("manifest.json", "result.json"):
    with contextlib.suppress(FileNotFoundError):
      json.loads((model_dir / name).read_text())
  with contextlib.suppress(FileNotFoundError):
    assert (model_dir / "config.gin").read_text() == "SEED = 1\n"
  for index in model_dir.glob("model.ckpt-*.index"):
    assert checkpoints.find_damage(str(index.with_suffix(""))) is None
  latest = model_dir / "export" / "latest"
  for number in versions.numbers(latest):
    version = versions.find(latest, number)
    assert (version.model / "saved_model.pb").exists()
    assert (version.modules / "module" / "tfhub_module.pb").exists()


@pytest.mark.slow
def test_a_killed_run_ends_as_an_undisturbed_one(
  batch_norm, numbers_npz, tmp_path
):
  rng = random.Random(1)
  prepare = PREPARE.format(module=batch_norm, data=numbers_npz)
  model_dir = tmp_path / "killed"
  killed = 0
  with forked.Forker(prepare) as forker:
    while killed < KILLS:
      before = _last_step(model_dir)
      child = forker.run(f"run({str(model_dir)!r})")
      time.sleep(rng.uniform(0, 4))
      with contextlib.suppress(ProcessLookupError):
        child.kill()
      if child.wait() == 0:  # It was done: once more, elsewhere.
        _assert_whole(model_dir)
        model_dir = tmp_path / f"killed_{killed}"
        continue
      killed += 1
      _assert_whole(model_dir)
      assert _last_step(model_dir) >= before
    assert forker.run(f"run({str(model_dir)!r})").wait() == 0
    assert forker.run(f"run({str(tmp_path / 'whole')!r})").wait() == 0
  results = [
    json.loads((path / "result.json").read_text())
    for path in (model_dir, tmp_path / "whole")
  ]
  assert results[0]["metrics"] == results[1]["metrics"]
  assert results[0]["steps"] == results[1]["steps"] == 400


OWN = """
from hub_estimator import exporting, inputs, runs
from hub_estimator.experiments import Experiment
from hub_estimator.model import models
from tests import user_code
def run(model_dir):
  data = inputs.Npz({data!r}, features=["x"])
  e = Experiment(train_input=data, eval_input=data,
    model=models.Function(user_code.classify, {{"handle": {module!r}}}),
    max_steps=400, eval_every_steps=40, batch_size=16,
    exports=exporting.Exports(["latest"], keep=2))
  runs.train(e, model_dir, config_text="SEED = 1\\n")
"""


@pytest.mark.slow
def test_a_killed_run_of_a_users_model_fn_ends_with_the_same_bits(
  batch_norm, numbers_npz, tmp_path
):
  rng = random.Random(2)
  killed, whole = tmp_path / "killed", tmp_path / "whole"
  prepare = OWN.format(module=batch_norm, data=numbers_npz)
  with forked.Forker(prepare) as forker:
    for _ in range(KILLS):
      child = forker.run(f"run({str(killed)!r})")
      time.sleep(rng.uniform(1, 4))
      with contextlib.suppress(ProcessLookupError):
        child.kill()
      if child.wait() == 0:
        break
    for model_dir in (killed, whole):
      assert forker.run(f"run({str(model_dir)!r})").wait() == 0
  checkpoint = "model.ckpt-400.data-00000-of-00001"
  assert (killed / checkpoint).read_bytes() == (whole / checkpoint).read_bytes()
  results = [
    json.loads((path / "result.json").read_text()) for path in (killed, whole)
  ]
  assert results[0]["metrics"] == results[1]["metrics"]
