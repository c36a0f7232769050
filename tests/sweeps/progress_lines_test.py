"""The line about a trial that has ended."""

import datetime

import pytest
from optuna.trial import TrialState, create_trial

from hub_estimator.sweeps import Sweep
from hub_estimator.sweeps.progress_lines import progress_line
from hub_estimator.sweeps.trial_attributes import ERROR, SLOT

_SWEEP = Sweep(None, goals=["loss"])


def _trial(slot, state=TrialState.COMPLETE, value=None, secs=60, **attributes):
  trial = create_trial(
    state=state, value=value, user_attrs={SLOT: slot, **attributes}
  )
  if state.is_finished():
    trial.datetime_start = datetime.datetime(2024, 1, 1)
    trial.datetime_complete = trial.datetime_start + datetime.timedelta(
      seconds=secs
    )
  return trial


def test_a_line_has_the_outcome_counts_the_best_and_the_time_left():
  first = _trial(0, value=0.25)
  second = _trial(1, value=0.5)
  running = _trial(2, TrialState.RUNNING)
  trials = [first, second, running]
  line = progress_line(second, trials, _SWEEP, total=4, workers=2)
  assert line == (
    "Trial 1: loss 0.5; 2 of 4 done; 1 running; best 0.25 (trial 0); 60 s left"
  )
  line = progress_line(second, trials, _SWEEP, total=12, workers=2)
  assert line.endswith("; 5 min left")
  line = progress_line(second, trials[:2], _SWEEP, total=2, workers=2)
  assert line == "Trial 1: loss 0.5; 2 of 2 done; best 0.25 (trial 0)"


@pytest.mark.parametrize(
  ("trial", "line"),
  [
    (
      _trial(3, TrialState.FAIL, **{ERROR: "no room"}),
      "Trial 3: failed: no room; 1 of 1 done; 1 failed",
    ),
    (_trial(3, TrialState.PRUNED), "Trial 3: pruned; 1 of 1 done"),
  ],
)
def test_failures_and_pruned_trials_say_so(trial, line):
  assert progress_line(trial, [trial], _SWEEP, total=1, workers=1) == line


def test_two_goals_are_both_shown():
  sweep = Sweep(None, goals=["accuracy", "bytes"])
  trial = create_trial(values=[0.75, 100.0], user_attrs={SLOT: 0})
  line = progress_line(trial, [trial], sweep, total=1, workers=1)
  assert line.startswith("Trial 0: accuracy 0.75, bytes 100; 1 of 1 done; best")
