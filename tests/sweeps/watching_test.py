"""What the command does while workers run."""

import logging

import pytest
from optuna.trial import TrialState

from hub_estimator import progress
from hub_estimator.errors import RunFailed
from hub_estimator.sweeps import Sweep, ask, open_study, read_space, trials_of
from hub_estimator.sweeps.trial_attributes import ERROR
from hub_estimator.sweeps.watching import watch
from tests.sweeps import small

_SWEEP = Sweep(
  read_space({"rate": [0.1, 0.2, 0.3]}), goals=["loss"], strategy="grid"
)


class _Workers:
  """Workers that take one trial each time they are missed."""

  def __init__(self, run):
    self._run = run
    self.codes = []

  def __len__(self):
    return 1

  def start_missing(self):
    self.codes.append(self._run())

  def reap(self):
    codes, self.codes = self.codes, []
    return codes

  def any_alive(self):
    return bool(self.codes)

  def stop(self):
    pass


def test_trials_are_reported_once_each_until_none_is_left(tmp_path, caplog):
  caplog.set_level(logging.INFO)
  study = small.study_with(tmp_path, _SWEEP, [0.5])

  def run():
    trial = ask(study, _SWEEP, lock=tmp_path / "lock")
    _SWEEP.space.suggest(trial)
    study.tell(trial, 0.25)
    return 0

  heard = []
  with progress.listen(heard.append):
    watch(study, _SWEEP, _Workers(run), logs=tmp_path)
  assert len(trials_of(study)) == 3
  lines = [line.split(";")[0] for line in caplog.messages]
  assert lines == [
    "Continuing: 1 of 3 trials are done.",
    "Trial 1: loss 0.25",
    "Trial 2: loss 0.25",
  ]
  assert [(p.what, p.done, p.total) for p in heard] == [
    ("sweeping", 2, 3),
    ("sweeping", 3, 3),
  ]


@pytest.mark.slow
def test_workers_that_die_before_any_trial_ends_stop_the_sweep(tmp_path):
  study = open_study(
    f"sqlite:///{tmp_path}/study.db", "s", _SWEEP, identity="i"
  )
  (tmp_path / "worker_0.log").write_text("no disk\n")
  started = []

  def die():
    started.append(1)
    return 1

  with pytest.raises(RunFailed, match="6 workers died before any .*: no disk"):
    watch(study, _SWEEP, _Workers(die), logs=tmp_path)
  assert len(started) == 6


def test_a_bound_stops_the_sweep(tmp_path):
  sweep = Sweep(_SWEEP.space, goals=["loss"], max_failures=1, strategy="grid")
  study = open_study(f"sqlite:///{tmp_path}/study.db", "s", sweep, identity="i")

  def fail():
    trial = ask(study, sweep, lock=tmp_path / "lock")
    trial.set_user_attr(ERROR, "no")
    study.tell(trial, state=TrialState.FAIL)
    return 0

  watch(study, sweep, _Workers(fail), logs=tmp_path)
  assert len(trials_of(study)) == 1
