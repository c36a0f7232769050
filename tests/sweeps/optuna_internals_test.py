"""Optuna's private names do what sweeps expect of them."""

import time

import optuna
import pytest

from hub_estimator.sweeps import optuna_internals


@pytest.fixture
def study(tmp_path):
  storage = optuna.storages.RDBStorage(
    f"sqlite:///{tmp_path}/study.db", heartbeat_interval=1, grace_period=1
  )
  return optuna.create_study(storage=storage)


def test_a_trial_is_silent_once_its_last_heartbeat_is_too_long_ago(study):
  never, beating, ended = (study.ask() for _ in range(3))
  optuna_internals.record_heartbeat(study, beating)
  optuna_internals.record_heartbeat(study, ended)
  study.tell(ended, 1.0)
  assert optuna_internals.silent_trials(study) == set()
  deadline = time.monotonic() + 30
  while not (silent := optuna_internals.silent_trials(study)):
    assert time.monotonic() < deadline
    time.sleep(0.2)
  assert silent == {beating.number}
  assert never.number not in silent
  optuna_internals.record_heartbeat(study, beating)
  assert optuna_internals.silent_trials(study) == set()


def test_another_process_trial_takes_attributes_until_it_has_finished(study):
  trial = study.ask()
  (frozen,) = study.get_trials()
  optuna_internals.set_attribute(study, frozen, "name", [1, 2])
  assert study.trials[0].user_attrs == {"name": [1, 2]}
  study.tell(trial, 1.0)
  with pytest.raises(optuna.exceptions.UpdateFinishedTrialError):
    optuna_internals.set_attribute(study, frozen, "name", 3)


def test_a_study_without_heartbeats_is_refused():
  with pytest.raises(AssertionError, match="InMemoryStorage"):
    optuna_internals.silent_trials(optuna.create_study())
