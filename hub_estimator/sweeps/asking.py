"""How a worker takes its next trial: one that waits, or one in a free slot."""

import fcntl
import os
import pathlib
import random
from collections import Counter

import optuna
from optuna.trial import TrialState

from hub_estimator.sweeps.samplers import GridSampler
from hub_estimator.sweeps.slots import (
  count_trials,
  free_slots,
  has_work,
  slot_of,
  trials_of,
  with_slots,
)
from hub_estimator.sweeps.sweep import Sweep
from hub_estimator.sweeps.trial_attributes import (
  ATTEMPT,
  COMMAND,
  SLOT,
  SURPLUS,
  WORKER,
)
from hub_estimator.workers import process_name


def ask(
  study: optuna.Study,
  sweep: Sweep,
  *,
  lock: pathlib.Path,
  worker: str | None = None,
) -> optuna.Trial | None:
  """Returns a trial that now belongs to this worker, or None if no work is left.

  Args:
    study: of the sweep.
    sweep: its settings.
    lock: a file that this machine's processes share. SQLite doesn't lock rows that
      are read, so two processes could take the same trial.
    worker: name of the worker's process; None is this process.
  """
  worker = process_name(os.getpid()) if worker is None else worker
  with open(lock, "a") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    while has_work(study, sweep):
      trial = study.ask()
      trial.set_user_attr(COMMAND, process_name(os.getppid()))
      trial.set_user_attr(WORKER, worker)
      if take_slot(study, trial, count_trials(sweep), worker=worker):
        return trial
      trial.set_user_attr(SURPLUS, True)
      study.tell(trial, state=TrialState.FAIL)
  return None


def take_slot(
  study: optuna.Study, trial: optuna.Trial, total: int, *, worker: str
) -> bool:
  """Gives a trial a slot; returns False if every slot is taken.

  Machines share no lock, so a trial writes its slot first and looks at the others'
  afterwards. If two trials write the same slot, at least one of them sees the other
  and chooses again.

  Args:
    study: of the sweep.
    trial: belongs to this process.
    total: number of slots.
    worker: name of the worker's process.
  """
  if ATTEMPT in trial.user_attrs:
    return any(t.number == trial.number for t in trials_of(study))
  free = free_slots(study, total)
  while free:
    slot = _nearest(study, free, worker)
    trial.set_user_attr(SLOT, slot)
    if not any(
      t.number != trial.number and slot_of(t) == slot for t in with_slots(study)
    ):
      return True
    free = free_slots(study, total)
    random.shuffle(free)
  return False


def _nearest(study: optuna.Study, free: list[int], worker: str) -> int:
  """Returns the slot that a worker is best prepared for.

  In a grid, that is a slot with the module of the worker's last trial, whose features
  and graphs it has cached; next best is a module that no other worker runs.
  """
  if not isinstance(study.sampler, GridSampler):
    return free[0]
  modules = study.sampler.modules
  last, elsewhere = None, Counter[tuple[object, ...]]()
  for trial in with_slots(study):
    module = modules[slot_of(trial)]
    if trial.user_attrs.get(WORKER) == worker:
      last = module
    elif trial.state == TrialState.RUNNING:
      elsewhere[module] += 1
  return min(free, key=lambda s: (modules[s] != last, elsewhere[modules[s]]))
