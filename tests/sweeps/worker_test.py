"""A worker's trials, with real runs of tiny modules in this process."""

import json

import numpy as np
import pytest
from optuna.trial import TrialState

from hub_estimator import config
from hub_estimator.model_dir import results
from hub_estimator.runs import experiment as experiments
from hub_estimator.sweeps import study as studies
from tests.sweeps import small


def _config(tmp_path, dense, data, more):
  return small.write_config(tmp_path / "sweep.gin", dense, data, more)


@pytest.mark.slow
def test_each_trial_is_a_run_that_its_own_config_does_again(
  tmp_path, dense, numbers_npz
):
  file = _config(
    tmp_path,
    dense,
    numbers_npz,
    "sweep.space = {'optimizers.adam.learning_rate': [0.05, 0.01]}\n",
  )
  at, _, study = small.run_here(file, tmp_path / "sweep")
  trials = studies.trials_of(study)
  assert [t.state for t in trials] == [TrialState.COMPLETE] * 2
  for trial in trials:
    result = results.read(at.trial(trial.number) / "result.json")
    assert result.metrics["loss"] == trial.value
    assert trial.user_attrs["curve"][-1] == [20, trial.value]
    config.parse([str(at.trial(trial.number) / "config.gin")])
    alone = str(tmp_path / f"alone_{trial.number}")
    again = experiments.train(config.build("run"), alone)
    assert again.metrics == result.metrics
  assert trials[0].value != trials[1].value


@pytest.mark.slow
def test_a_trial_that_fails_is_told_why_and_the_others_go_on(
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
  failed, finished = studies.trials_of(study)
  assert failed.state == TrialState.FAIL
  assert "Training stopped at step" in failed.user_attrs[studies.ERROR]
  assert finished.state == TrialState.COMPLETE


def test_a_goal_that_is_no_number_is_a_failure(tmp_path, dense, numbers_npz):
  file = _config(
    tmp_path,
    dense,
    numbers_npz,
    "sweep.goals = ['los']\nsweep.space = {'BATCH_SIZE': [16]}\n",
  )
  _, _, study = small.run_here(file, tmp_path / "sweep")
  (trial,) = studies.trials_of(study)
  assert "names 'los'; it has: accuracy" in trial.user_attrs[studies.ERROR]


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
  (trial,) = studies.trials_of(study)
  runs = [at.trial(0, repeat) for repeat in range(3)]
  assert [r.name for r in runs] == ["0", "0.2", "0.3"]
  losses = [results.read(r / "result.json").metrics["loss"] for r in runs]
  seeds = [json.loads((r / "manifest.json").read_text())["seed"] for r in runs]
  assert seeds == [1, 2, 3]
  assert trial.value == pytest.approx(np.mean(losses))
  assert trial.user_attrs["spreads"] == pytest.approx([np.std(losses, ddof=1)])
  assert len(set(losses)) == 3


@pytest.mark.slow
def test_two_goals_are_told_in_their_directions(tmp_path, dense, numbers_npz):
  file = _config(
    tmp_path,
    dense,
    numbers_npz,
    "sweep.goals = ['accuracy', 'bytes']\nsweep.strategy = 'nsga2'\n"
    "sweep.max_trials = 2\n"
    "sweep.space = {'optimizers.adam.learning_rate': ('log', 0.01, 0.1)}\n",
  )
  at, _, study = small.run_here(file, tmp_path / "sweep")
  assert [d.name for d in study.directions] == ["MAXIMIZE", "MINIMIZE"]
  for trial in studies.trials_of(study):
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
  trials = studies.trials_of(study)
  assert [t.state for t in trials[:5]] == [TrialState.COMPLETE] * 5
  assert trials[5].state == TrialState.PRUNED
  assert [step for step, _ in trials[5].user_attrs["curve"]] == [10]
  assert not (at.trial(5) / "result.json").exists()


@pytest.mark.slow
def test_a_trial_that_was_begun_is_resumed_not_repeated(
  tmp_path, dense, numbers_npz
):
  file = _config(
    tmp_path, dense, numbers_npz, "sweep.space = {'BATCH_SIZE': [16]}\n"
  )
  at, _, _ = small.open_sweep(file, tmp_path / "sweep")
  # What a worker leaves that is killed after step 10.
  config.parse([str(at.base)], ["BATCH_SIZE = 16", "MAX_STEPS = 10"])
  experiments.train(config.build("run"), str(at.trial(0)))
  first = (at.trial(0) / "model.ckpt-10.index").stat().st_mtime_ns
  _, _, study = small.run_here(file, tmp_path / "sweep")
  (trial,) = studies.trials_of(study)
  assert (at.trial(0) / "model.ckpt-10.index").stat().st_mtime_ns == first
  alone, _, other = small.run_here(file, tmp_path / "alone")
  assert trial.value == other.trials[0].value
  assert [s for s, _ in trial.user_attrs["curve"]] == [10, 20]
