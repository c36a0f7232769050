"""The line that the log gets when a trial ends."""

import statistics
from collections.abc import Sequence

from optuna.trial import FrozenTrial, TrialState

from hub_estimator.sweeps.slots import slot_of
from hub_estimator.sweeps.sweep import Sweep
from hub_estimator.sweeps.tables import number
from hub_estimator.sweeps.trial_attributes import ERROR

_MANY_SECS = 90


def progress_line(
  trial: FrozenTrial,
  trials: Sequence[FrozenTrial],
  sweep: Sweep,
  *,
  total: int,
  workers: int,
) -> str:
  """Returns one line about a trial's outcome and the sweep's progress.

  Args:
    trial: has ended.
    trials: all that count.
    sweep: its settings.
    total: number of trials of the sweep.
    workers: trials at a time.
  """
  done = sum(t.state.is_finished() for t in trials)
  parts = [
    f"Trial {slot_of(trial)}: {_outcome_of(trial, sweep)}",
    f"{done} of {total} done",
    *_counts(trials),
    _best(trials, sweep),
    _time_left(trials, total=total, done=done, workers=workers),
  ]
  return "; ".join(part for part in parts if part)


def _outcome_of(trial: FrozenTrial, sweep: Sweep) -> str:
  if trial.state == TrialState.PRUNED:
    return "pruned"
  if trial.state == TrialState.FAIL:
    return f"failed: {trial.user_attrs.get(ERROR)}"
  return ", ".join(
    f"{goal} {number(value)}"
    for goal, value in zip(sweep.goals, trial.values, strict=True)
  )


def _counts(trials: Sequence[FrozenTrial]) -> list[str]:
  states = [t.state for t in trials]
  return [
    f"{states.count(state)} {word}"
    for state, word in (
      (TrialState.RUNNING, "running"),
      (TrialState.FAIL, "failed"),
    )
    if state in states
  ]


def _best(trials: Sequence[FrozenTrial], sweep: Sweep) -> str:
  """Returns the best value of the first goal and its trial, or ""."""
  finished = [t for t in trials if t.state == TrialState.COMPLETE]
  if not finished:
    return ""
  choose = min if sweep.is_smaller_better(sweep.goals[0]) else max
  best = choose(finished, key=lambda t: t.values[0])
  return f"best {number(best.values[0])} (trial {slot_of(best)})"


def _time_left(
  trials: Sequence[FrozenTrial], *, total: int, done: int, workers: int
) -> str:
  """Returns an estimate from the trials' mean time, or "" without one."""
  seconds = [
    (t.datetime_complete - t.datetime_start).total_seconds()
    for t in trials
    if t.state.is_finished() and t.datetime_start and t.datetime_complete
  ]
  if not seconds or done == total:
    return ""
  left = statistics.fmean(seconds) * (total - done) / workers
  return (
    f"{left / 60:.0f} min left" if left >= _MANY_SECS else f"{left:.0f} s left"
  )
