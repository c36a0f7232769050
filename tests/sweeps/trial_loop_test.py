"""Trials one after the other in this process, with real runs of tiny modules."""

import pytest
from optuna.trial import TrialState

from hub_estimator import config, runs
from hub_estimator.model_dir import results
from hub_estimator.sweeps import trials_of
from tests.sweeps import small


def _config(tmp_path, dense, data, more):
  return small.write_config(tmp_path / "sweep.gin", dense, data, more)


@pytest.mark.slow
def test_each_trial_is_a_run_that_its_own_config_reproduces(
  tmp_path, dense, numbers_npz
):
  file = _config(
    tmp_path,
    dense,
    numbers_npz,
    "sweep.space = {'optimizers.adam.learning_rate': [0.05, 0.01]}\n",
  )
  at, _, study = small.run_here(file, tmp_path / "sweep")
  trials = trials_of(study)
  assert [t.state for t in trials] == [TrialState.COMPLETE] * 2
  for trial in trials:
    result = results.read(at.trial(trial.number) / "result.json")
    assert result.metrics["loss"] == trial.value
    assert trial.user_attrs["curve"][-1] == [20, trial.value]
    config.parse([str(at.trial(trial.number) / "config.gin")])
    alone = str(tmp_path / f"alone_{trial.number}")
    again = runs.train(config.build("run"), alone)
    assert again.metrics == result.metrics
  assert trials[0].value != trials[1].value


@pytest.mark.slow
def test_a_trial_that_was_started_is_resumed_not_repeated(
  tmp_path, dense, numbers_npz
):
  file = _config(
    tmp_path, dense, numbers_npz, "sweep.space = {'BATCH_SIZE': [16]}\n"
  )
  at, _, _ = small.open_sweep(file, tmp_path / "sweep")
  # What a worker leaves that is killed after step 10.
  config.parse([str(at.base)], ["BATCH_SIZE = 16", "MAX_STEPS = 10"])
  runs.train(config.build("run"), str(at.trial(0)))
  first = (at.trial(0) / "model.ckpt-10.index").stat().st_mtime_ns
  _, _, study = small.run_here(file, tmp_path / "sweep")
  (trial,) = trials_of(study)
  assert (at.trial(0) / "model.ckpt-10.index").stat().st_mtime_ns == first
  alone, _, other = small.run_here(file, tmp_path / "alone")
  assert trial.value == other.trials[0].value
  assert [s for s, _ in trial.user_attrs["curve"]] == [10, 20]
