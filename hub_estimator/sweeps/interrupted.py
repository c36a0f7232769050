"""Trials whose worker died: each ends as failed, and another one continues it."""

import contextlib
import datetime
import os

import optuna
from optuna.trial import FrozenTrial, TrialState

from hub_estimator.sweeps.optuna_internals import set_attribute, silent_trials
from hub_estimator.sweeps.slots import slot_of
from hub_estimator.sweeps.study import GRACE_SECS
from hub_estimator.sweeps.trial_attributes import (
  ATTEMPT,
  COMMAND,
  CONTINUED,
  ERROR,
  SLOT,
  SURPLUS,
  WORKER,
)
from hub_estimator.workers import is_gone, process_name

# A trial that has killed that many workers gets no further one.
_MOST_WORKERS = 2


def release_dead(study: optuna.Study) -> list[int]:
  """Ends trials whose worker is gone, and queues trials that continue them.

  A worker on this machine is gone when its process is; a worker on another machine,
  when it has been silent for a minute. A trial that has killed two workers has
  failed. If the command was stopped, which stops its workers, that isn't the trial's
  fault.

  Returns:
    The slots of the trials that will be continued.
  """
  silent = silent_trials(study)
  released = []
  for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
    if trial.number not in silent and not _is_dead(trial):
      continue
    # Another process may release it at the same moment.
    with contextlib.suppress(
      ValueError, optuna.exceptions.UpdateFinishedTrialError
    ):
      if _release(study, trial):
        released.append(slot_of(trial))
  return released


def _is_dead(trial: FrozenTrial) -> bool:
  worker = trial.user_attrs.get(WORKER)
  if worker is not None:
    return is_gone(worker)
  # Its worker was killed while it took the trial.
  if trial.datetime_start is None:
    return False
  age = datetime.datetime.now() - trial.datetime_start
  return age.total_seconds() > GRACE_SECS


def _release(study: optuna.Study, trial: FrozenTrial) -> bool:
  """Ends a trial; returns whether another one is queued that continues it.

  The other one is queued first. If this process is killed in between, the next call
  queues one more; of such twins, only one is run.
  """
  attempt = trial.user_attrs.get(ATTEMPT, 1)
  command = trial.user_attrs.get(COMMAND, process_name(os.getpid()))
  stopped = is_gone(command)
  if SLOT not in trial.user_attrs:  # Its worker was killed before it took one.
    continues = False
    set_attribute(study, trial, SURPLUS, True)
  elif stopped or attempt < _MOST_WORKERS:
    continues = True
    study.enqueue_trial(
      trial.params,
      user_attrs={SLOT: slot_of(trial), ATTEMPT: attempt + (not stopped)},
    )
    set_attribute(study, trial, CONTINUED, True)
  else:
    continues = False
    why = f"its worker died {attempt} times"
    set_attribute(study, trial, ERROR, why)
  study.tell(trial.number, state=TrialState.FAIL)
  return continues
