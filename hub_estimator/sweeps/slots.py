"""A sweep's slots: one for each trial that was asked for.

Any number of workers on any number of machines start no more trials than there are
slots. A trial that continues an interrupted one has the same slot.
"""

import optuna
from optuna.trial import FrozenTrial, TrialState

from hub_estimator.sweeps.sweep import Sweep
from hub_estimator.sweeps.trial_attributes import (
  ATTEMPT,
  CONTINUED,
  SLOT,
  SURPLUS,
)


def count_trials(sweep: Sweep) -> int:
  """Returns the number of trials, unless a bound stops the sweep earlier."""
  if sweep.strategy == "grid":
    return len(sweep.space.grid())
  return sweep.max_trials


def has_work(study: optuna.Study, sweep: Sweep) -> bool:
  """Returns whether a trial waits to be continued or was never started."""
  waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
  return bool(waiting) or bool(free_slots(study, count_trials(sweep)))


def slot_of(trial: optuna.Trial | FrozenTrial) -> int:
  """Returns a trial's slot: the trial's number for people, and for its directory."""
  slot: int = trial.user_attrs[SLOT]
  return slot


def free_slots(study: optuna.Study, total: int) -> list[int]:
  """Returns the slots that no trial has taken, in order."""
  taken = {slot_of(trial) for trial in with_slots(study)}
  return sorted(set(range(total)) - taken)


def with_slots(study: optuna.Study) -> list[FrozenTrial]:
  """Returns all trials that hold a slot, interrupted ones included."""
  return [
    trial
    for trial in study.get_trials(deepcopy=False)
    if SLOT in trial.user_attrs and SURPLUS not in trial.user_attrs
  ]


def trials_of(study: optuna.Study) -> list[FrozenTrial]:
  """Returns the trials that count: the latest one in each slot, in order."""
  latest: dict[tuple[int, int | None], FrozenTrial] = {}
  for trial in with_slots(study):
    if CONTINUED not in trial.user_attrs:
      # If two trials continue the same one, only the first is run.
      latest.setdefault((slot_of(trial), trial.user_attrs.get(ATTEMPT)), trial)
  return sorted(latest.values(), key=slot_of)
