"""Trials whose worker died are continued, under real processes."""

import os
import signal
import subprocess
import sys

import pytest
from optuna.trial import TrialState

from hub_estimator.sweeps import Sweep, ask, open_study, read_space, trials_of
from hub_estimator.sweeps.interrupted import release_dead
from hub_estimator.sweeps.slots import slot_of
from hub_estimator.sweeps.trial_attributes import (
  ATTEMPT,
  COMMAND,
  ERROR,
  SLOT,
  WORKER,
)
from hub_estimator.workers import process_name

pytestmark = pytest.mark.newest

_SWEEP = Sweep(read_space({"rate": ("float", 0.0, 1.0)}), max_trials=1)


@pytest.fixture
def study(tmp_path):
  return open_study(f"sqlite:///{tmp_path}/study.db", "s", _SWEEP, identity="i")


@pytest.fixture
def take(study, tmp_path):
  """Returns a function that takes a trial, as a process of this machine does."""
  return lambda: ask(study, _SWEEP, lock=tmp_path / "lock")


def _taken_by_a_process_that_is_killed(study, take, command=False):
  trial = take()
  _SWEEP.space.suggest(trial)
  process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1)
  name = process_name(process.pid)
  trial.set_user_attr(WORKER, name)
  if command:
    trial.set_user_attr(COMMAND, name)
  assert release_dead(study) == []  # It lives.
  os.kill(process.pid, signal.SIGKILL)
  process.wait()
  return trial


def test_a_trial_killed_before_it_had_a_slot_takes_none(study, take):
  killed = study.ask()
  killed.set_user_attr(WORKER, f"{os.uname().nodename}:1:no such start")
  assert release_dead(study) == []
  trial = take()
  assert slot_of(trial) == 0
  study.tell(trial, 1.0)
  assert [t.number for t in trials_of(study)] == [trial.number]


def test_a_trial_whose_worker_was_killed_continues_with_its_parameters(
  study, take
):
  taken = _taken_by_a_process_that_is_killed(study, take)
  assert release_dead(study) == [slot_of(taken)]
  assert release_dead(study) == []
  again = take()
  _SWEEP.space.suggest(again)
  assert again.params == taken.params
  assert slot_of(again) == slot_of(taken)
  study.tell(again, 1.0)
  assert take() is None
  (only,) = trials_of(study)
  assert only.state == TrialState.COMPLETE


def test_a_trial_that_kills_two_workers_is_a_failure(study, take):
  for _ in range(2):
    _taken_by_a_process_that_is_killed(study, take)
    release_dead(study)
  assert take() is None
  (only,) = trials_of(study)
  assert only.user_attrs[ERROR] == "its worker died 2 times"
  assert slot_of(only) == 0


def test_a_command_that_is_stopped_repeatedly_is_not_the_trials_fault(
  study, take
):
  for _ in range(4):
    taken = _taken_by_a_process_that_is_killed(study, take, command=True)
    assert release_dead(study) == [0]
  again = take()
  _SWEEP.space.suggest(again)
  assert again.params == taken.params
  study.tell(again, 1.0)
  (only,) = trials_of(study)
  assert only.state == TrialState.COMPLETE


def test_a_release_that_was_killed_halfway_is_done_once(study, take):
  taken = _taken_by_a_process_that_is_killed(study, take)
  study.enqueue_trial(  # And no more.
    taken.params,
    user_attrs={SLOT: 0, ATTEMPT: 2},
  )
  assert release_dead(study) == [slot_of(taken)]
  again = take()
  assert again.user_attrs[ATTEMPT] == 2
  study.tell(again, 1.0)
  assert take() is None
  assert len(trials_of(study)) == 1
