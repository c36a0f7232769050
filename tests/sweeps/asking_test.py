"""Which trial a worker takes, under real processes and threads."""

import os
import threading

import pytest
from optuna.trial import TrialState

from hub_estimator.sweeps import Sweep, ask, open_study, read_space, trials_of
from hub_estimator.sweeps.asking import take_slot
from hub_estimator.sweeps.slots import has_work, slot_of
from hub_estimator.workers import process_name


def _sweep(**changes):
  space = read_space({"rate": ("float", 0.0, 1.0)})
  return Sweep(space, **{"max_trials": 3, **changes})


@pytest.fixture
def url(tmp_path):
  return f"sqlite:///{tmp_path}/study.db"


@pytest.fixture
def take(tmp_path):
  """Returns a function that takes a trial, as a process of this machine does."""

  def take(study, sweep, **more):
    return ask(study, sweep, lock=tmp_path / "lock", **more)

  return take


def _open(url, sweep, **changes):
  return open_study(url, "s", sweep, **{"identity": "i", **changes})


def test_no_more_trials_start_than_were_asked_for(url, take):
  study = _open(url, _sweep())
  for _ in range(3):
    trial = take(study, _sweep())
    _sweep().space.suggest(trial)
    study.tell(trial, 1.0)
  assert take(study, _sweep()) is None
  assert not has_work(study, _sweep())
  assert take(study, _sweep(max_trials=4)).number == 3
  assert len(trials_of(study)) == 4


@pytest.mark.slow
@pytest.mark.parametrize("strategy", ["random", "grid"])
def test_workers_at_once_start_each_trial_once(url, take, strategy):
  space = read_space(
    {"a": [1, 2, 3, 4], "b": {"x": {"c": 1}, "y": {"d": ("choice", 1, 2)}}}
  )
  sweep = Sweep(space, max_trials=12, strategy=strategy)

  def work(number):
    study = _open(url, sweep, worker=number)
    while (trial := take(study, sweep)) is not None:
      sweep.space.suggest(trial)
      study.tell(trial, 1.0)

  threads = [threading.Thread(target=work, args=(i,)) for i in range(6)]
  for thread in threads:
    thread.start()
  for thread in threads:
    thread.join()
  trials = trials_of(_open(url, sweep))
  assert [t.state for t in trials] == [TrialState.COMPLETE] * 12
  assert sorted(slot_of(t) for t in trials) == list(range(12))
  if strategy == "grid":
    params = {tuple(sorted(t.params.items())) for t in trials}
    assert params == {tuple(sorted(g.items())) for g in space.grid()}


@pytest.mark.slow
def test_a_worker_of_a_grid_stays_with_its_module(url, take):
  handles = {n: {"HANDLE": n, "SIZE": 1} for n in ("a", "b", "c")}
  space = read_space({"which": handles, "rate": [0.1, 0.2, 0.3]})
  sweep = Sweep(space, strategy="grid")
  study = _open(url, sweep)
  taken = {name: [] for name in ("one", "two")}
  running = {}

  def ask(worker):
    trial = take(study, sweep, worker=process_name(os.getpid()) + worker)
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
  assert not has_work(study, sweep)


def test_a_surplus_trial_of_another_machine_takes_no_slot(url, take):
  sweep = _sweep(max_trials=2)
  study = _open(url, sweep)
  first = take(study, sweep)
  # Two machines know no common lock: both saw room for one more.
  theirs, ours = study.ask(), study.ask()
  assert take_slot(study, theirs, 2, worker="theirs")
  assert not take_slot(study, ours, 2, worker="ours")
  assert [slot_of(t) for t in (first, theirs)] == [0, 1]
