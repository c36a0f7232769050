"""Slots, and trials whose worker died, under real processes and threads."""

import os
import signal
import subprocess
import sys
import threading

import pytest
from optuna.trial import TrialState

from hub_estimator.errors import UserError
from hub_estimator.sweeps import study as studies
from hub_estimator.sweeps.space import read_space
from hub_estimator.sweeps.sweep import Sweep


def _sweep(**changes):
  space = read_space({"rate": ("float", 0.0, 1.0)})
  return Sweep(space, **{"max_trials": 3, **changes})


@pytest.fixture
def url(tmp_path):
  return f"sqlite:///{tmp_path}/study.db"


@pytest.fixture(autouse=True)
def _lock(tmp_path):
  global LOCK
  LOCK = tmp_path / "lock"


def _ask(study, sweep=None):
  return studies.ask(study, sweep or _sweep(), lock=LOCK)


def _open(url, sweep, **changes):
  return studies.open_study(url, "s", sweep, **{"identity": "i", **changes})


def test_as_many_trials_start_as_were_asked_for(url):
  study = _open(url, _sweep())
  for _ in range(3):
    trial = _ask(study)
    _sweep().space.suggest(trial)
    study.tell(trial, 1.0)
  assert _ask(study) is None
  assert not studies.has_work(study, _sweep())
  assert _ask(study, _sweep(max_trials=4)).number == 3
  assert len(studies.trials_of(study)) == 4


@pytest.mark.parametrize("strategy", ["random", "grid"])
def test_workers_at_once_start_each_trial_once(url, strategy):
  space = read_space(
    {"a": [1, 2, 3, 4], "b": {"x": {"c": 1}, "y": {"d": ("choice", 1, 2)}}}
  )
  sweep = Sweep(space, max_trials=12, strategy=strategy)

  def work(number):
    study = _open(url, sweep, worker=number)
    while (trial := _ask(study, sweep)) is not None:
      sweep.space.suggest(trial)
      study.tell(trial, 1.0)

  threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  trials = studies.trials_of(_open(url, sweep))
  assert [t.state for t in trials] == [TrialState.COMPLETE] * 12
  assert sorted(t.user_attrs[studies.SLOT] for t in trials) == list(range(12))
  if strategy == "grid":
    params = {tuple(sorted(t.params.items())) for t in trials}
    assert params == {tuple(sorted(g.items())) for g in space.grid()}


def test_a_worker_of_a_grid_stays_with_its_module(url, monkeypatch):
  handles = {n: {"HANDLE": n, "SIZE": 1} for n in ("a", "b", "c")}
  space = read_space({"which": handles, "rate": [0.1, 0.2, 0.3]})
  sweep = Sweep(space, strategy="grid")
  study = _open(url, sweep)
  taken = {name: [] for name in ("one", "two")}
  running = {}

  def ask(worker):
    process = studies.process_name(os.getpid()) + worker
    with monkeypatch.context() as patch:
      patch.setattr(studies, "process_name", lambda pid: process)
      trial = _ask(study, sweep)
    if trial is not None:
      space.suggest(trial)
      taken[worker].append((trial.params["which"], trial.params["rate"]))
      running[worker] = trial

  ask("one")
  ask("two")
  # The second is slow: the first comes to help once nothing else is left.
  for _ in range(6):
    study.tell(running["one"], 1.0)
    ask("one")
  study.tell(running["two"], 1.0)
  ask("two")
  assert taken["one"] == [
    *(("a", rate) for rate in (0.1, 0.2, 0.3)),
    *(("c", rate) for rate in (0.1, 0.2, 0.3)),
    ("b", 0.2),
  ]
  assert taken["two"] == [("b", 0.1), ("b", 0.3)]
  assert not studies.has_work(study, sweep)


def test_one_that_another_machine_started_too_many_is_left(url):
  sweep = _sweep(max_trials=2)
  study = _open(url, sweep)
  first = _ask(study)
  # Two machines know no common lock: both saw room for one more.
  theirs, ours = study.ask(), study.ask()
  assert studies._take_slot(study, theirs, 2)
  assert not studies._take_slot(study, ours, 2)
  assert [studies.slot_of(t) for t in (first, theirs)] == [0, 1]


def test_one_that_was_killed_before_it_had_a_slot_takes_none(url):
  study = _open(url, _sweep(max_trials=1))
  killed = study.ask()
  killed.set_user_attr(studies.WORKER, f"{os.uname().nodename}:1:no such start")
  assert studies.release_dead(study) == []
  trial = _ask(study, _sweep(max_trials=1))
  assert studies.slot_of(trial) == 0
  study.tell(trial, 1.0)
  assert [t.number for t in studies.trials_of(study)] == [trial.number]


ONE = {"max_trials": 1}


def _taken_by_a_process_that_is_killed(study, command=False):
  trial = _ask(study, _sweep(**ONE))
  _sweep().space.suggest(trial)
  process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1)
  started = studies._started(process.pid)
  host = studies.process_name(os.getpid()).rsplit(":", 2)[0]
  name = f"{host}:{process.pid}:{started}"
  trial.set_user_attr(studies.WORKER, name)
  if command:
    trial.set_user_attr(studies.COMMAND, name)
  assert studies.release_dead(study) == []  # It lives.
  os.kill(process.pid, signal.SIGKILL)
  process.wait()
  return trial


def test_a_trial_whose_worker_was_killed_goes_on_with_its_parameters(url):
  study = _open(url, _sweep())
  taken = _taken_by_a_process_that_is_killed(study)
  assert studies.release_dead(study) == [studies.slot_of(taken)]
  assert studies.release_dead(study) == []
  again = _ask(study, _sweep(**ONE))
  _sweep().space.suggest(again)
  assert again.params == taken.params
  assert studies.slot_of(again) == studies.slot_of(taken)
  study.tell(again, 1.0)
  assert _ask(study, _sweep(**ONE)) is None
  (only,) = studies.trials_of(study)
  assert only.state == TrialState.COMPLETE


def test_a_trial_that_takes_two_workers_down_is_a_failure(url):
  study = _open(url, _sweep())
  for _ in range(2):
    _taken_by_a_process_that_is_killed(study)
    studies.release_dead(study)
  assert _ask(study, _sweep(**ONE)) is None
  (only,) = studies.trials_of(study)
  assert only.user_attrs[studies.ERROR] == "its worker died, 2 times"
  assert studies.slot_of(only) == 0


def test_a_command_that_is_ended_again_and_again_is_not_the_trials_fault(url):
  study = _open(url, _sweep())
  for _ in range(4):
    taken = _taken_by_a_process_that_is_killed(study, command=True)
    assert studies.release_dead(study) == [0]
  again = _ask(study, _sweep(**ONE))
  _sweep().space.suggest(again)
  assert again.params == taken.params
  study.tell(again, 1.0)
  (only,) = studies.trials_of(study)
  assert only.state == TrialState.COMPLETE


def test_a_release_that_was_itself_killed_half_way_is_done_once(url):
  study = _open(url, _sweep())
  taken = _taken_by_a_process_that_is_killed(study)
  study.enqueue_trial(  # And no more.
    taken.params,
    user_attrs={studies.SLOT: 0, studies.ATTEMPT: 2},
  )
  assert studies.release_dead(study) == [studies.slot_of(taken)]
  again = _ask(study, _sweep(**ONE))
  assert again.user_attrs[studies.ATTEMPT] == 2
  study.tell(again, 1.0)
  assert _ask(study, _sweep(**ONE)) is None
  assert len(studies.trials_of(study)) == 1


def test_bounds_on_failures_and_hours_are_kept(url):
  sweep = _sweep(max_failures=1)
  study = _open(url, sweep)
  assert not studies.bound_reached(study, sweep)
  trial = _ask(study)
  assert not studies.bound_reached(study, _sweep(max_hours=1.0))
  assert studies.bound_reached(study, _sweep(max_hours=0.0))
  trial.set_user_attr(studies.ERROR, "no")
  study.tell(trial, state=TrialState.FAIL)
  assert studies.bound_reached(study, sweep)


def test_a_study_of_another_config_and_one_out_of_reach_are_refused(
  url, tmp_path
):
  _open(url, _sweep())
  with pytest.raises(UserError, match="is of another config or space"):
    _open(url, _sweep(), identity="other")
  with pytest.raises(UserError, match="can't be opened at 'sqlite:////no/"):
    _open("sqlite:////no/such/folder/study.db", _sweep())
  (tmp_path / "bad.db").write_bytes(b"this is no database " * 100)
  with pytest.raises(UserError, match="can't be opened at .*bad.db"):
    _open(f"sqlite:///{tmp_path}/bad.db", _sweep())


def test_processes_are_told_apart_by_their_start():
  mine = studies.process_name(os.getpid())
  assert not studies.is_gone(mine)
  host, pid, _ = mine.rsplit(":", 2)
  assert studies.is_gone(f"{host}:{pid}:1")
  assert not studies.is_gone(f"another-host:{pid}:1")
