"""One trial: its repeats, its goals, its failures."""

import json

import numpy as np
import pytest
from optuna.trial import TrialState

from hub_estimator.model_dir import results
from hub_estimator.sweeps import trials_of
from hub_estimator.sweeps.trial_attributes import ERROR
from tests.sweeps import small

pytestmark = pytest.mark.newest


def _config(tmp_path, dense, data, more):
  return small.write_config(tmp_path / "sweep.gin", dense, data, more)


@pytest.mark.slow
def test_a_trial_that_fails_records_why_and_the_others_go_on(
  tmp_path, dense, numbers_npz
):
  file = _config(
    tmp_path,
    dense,
    numbers_npz,
    "OPTIMIZER = @optimizers.sgd()\n"
    "sweep.space = {'optimizers.sgd.learning_rate': [1e38, 0.05]}\n",
  )
  _, _, study = small.run_here(file, tmp_path / "sweep")
  failed, finished = trials_of(study)
  assert failed.state == TrialState.FAIL
  assert "Training stopped at step" in failed.user_attrs[ERROR]
  assert finished.state == TrialState.COMPLETE


@pytest.mark.slow
def test_a_goal_that_does_not_exist_is_a_failure(tmp_path, dense, numbers_npz):
  file = _config(
    tmp_path,
    dense,
    numbers_npz,
    "sweep.goals = ['los']\nsweep.space = {'BATCH_SIZE': [16]}\n",
  )
  _, _, study = small.run_here(file, tmp_path / "sweep")
  (trial,) = trials_of(study)
  assert "names 'los'; it has: average_loss" in trial.user_attrs[ERROR]


@pytest.mark.slow
def test_repeats_have_seeds_one_apart_and_the_goal_is_their_mean(
  tmp_path, dense, numbers_npz
):
  file = _config(
    tmp_path,
    dense,
    numbers_npz,
    "sweep.repeats = 3\nsweep.space = {'BATCH_SIZE': [16]}\n",
  )
  at, _, study = small.run_here(file, tmp_path / "sweep")
  (trial,) = trials_of(study)
  runs = [at.trial(0, repeat) for repeat in range(3)]
  assert [r.name for r in runs] == ["0", "0.2", "0.3"]
  losses = [results.read(r / "result.json").metrics["loss"] for r in runs]
  seeds = [json.loads((r / "manifest.json").read_text())["seed"] for r in runs]
  assert seeds == [1, 2, 3]
  assert trial.value == pytest.approx(np.mean(losses))
  assert trial.user_attrs["spreads"] == pytest.approx([np.std(losses, ddof=1)])
  assert len(set(losses)) == 3


@pytest.mark.slow
def test_two_goals_have_their_directions(tmp_path, dense, numbers_npz):
  file = _config(
    tmp_path,
    dense,
    numbers_npz,
    "HEAD = @heads.binary()\ninputs.npz.label = 'label'\n"
    "sweep.goals = ['accuracy', 'bytes']\nsweep.strategy = 'nsga2'\n"
    "sweep.max_trials = 2\n"
    "sweep.space = {'optimizers.adam.learning_rate': ('log', 0.01, 0.1)}\n",
  )
  at, _, study = small.run_here(file, tmp_path / "sweep")
  assert [d.name for d in study.directions] == ["MAXIMIZE", "MINIMIZE"]
  for trial in trials_of(study):
    files = list(at.trial(trial.number).glob("model.ckpt-20.*"))
    assert trial.values[1] == sum(f.stat().st_size for f in files)


@pytest.mark.slow
def test_a_trial_that_is_behind_is_pruned_and_leaves_no_result(
  tmp_path, dense, numbers_npz
):
  # Five good ones first: the median asks for them.
  rates = [0.05, 0.051, 0.052, 0.053, 0.054, 1e-9]
  file = _config(
    tmp_path,
    dense,
    numbers_npz,
    "sweep.pruning = 'median'\n"
    f"sweep.space = {{'optimizers.adam.learning_rate': {rates}}}\n",
  )
  at, _, study = small.run_here(file, tmp_path / "sweep")
  trials = trials_of(study)
  assert [t.state for t in trials[:5]] == [TrialState.COMPLETE] * 5
  assert trials[5].state == TrialState.PRUNED
  assert [step for step, _ in trials[5].user_attrs["curve"]] == [10]
  assert not (at.trial(5) / "result.json").exists()
