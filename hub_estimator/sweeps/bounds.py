"""When a sweep starts no further trial: after some time or some failures."""

import time

import optuna

from hub_estimator.sweeps.slots import trials_of
from hub_estimator.sweeps.sweep import Sweep
from hub_estimator.sweeps.trial_attributes import ERROR

_SECS_PER_HOUR = 3600


def bound_reached(study: optuna.Study, sweep: Sweep) -> bool:
  """Returns whether max_failures or max_hours forbids another trial."""
  trials = trials_of(study)
  failed = [t for t in trials if ERROR in t.user_attrs]
  if len(failed) >= sweep.max_failures:
    return True
  starts = [t.datetime_start for t in trials if t.datetime_start is not None]
  if sweep.max_hours is None or not starts:
    return False
  hours = (time.time() - min(starts).timestamp()) / _SECS_PER_HOUR
  return hours >= sweep.max_hours
