"""Every private name of Optuna that sweeps use.

Optuna sends heartbeats and finds silent trials only inside `Study.optimize`, which
runs an objective in this process. Workers ask for trials instead, so these functions
do the same through the study's storage. After an upgrade of Optuna, look here first.
"""

from typing import Any

import optuna
from optuna.storages import BaseStorage
from optuna.storages._heartbeat import BaseHeartbeat
from optuna.trial import FrozenTrial


def record_heartbeat(study: optuna.Study, trial: optuna.Trial) -> None:
  """Records that a trial's worker is alive."""
  _heartbeats(study._storage).record_heartbeat(trial._trial_id)


def silent_trials(study: optuna.Study) -> set[int]:
  """Returns the numbers of running trials whose last heartbeat is too long ago.

  A trial that has never sent one isn't among them.
  """
  silent = set(
    _heartbeats(study._storage)._get_stale_trial_ids(study._study_id)
  )
  if not silent:
    return set()
  trials = study.get_trials(deepcopy=False)
  return {trial.number for trial in trials if trial._trial_id in silent}


def set_attribute(
  study: optuna.Study, trial: FrozenTrial, name: str, value: Any
) -> None:
  """Sets an attribute of a trial that another process runs.

  Raises:
    optuna.exceptions.UpdateFinishedTrialError: the trial has finished.
  """
  study._storage.set_trial_user_attr(trial._trial_id, name, value)


def _heartbeats(storage: BaseStorage) -> BaseHeartbeat:
  assert isinstance(storage, BaseHeartbeat), storage
  return storage
