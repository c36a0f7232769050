"""The Optuna study of a sweep: who runs which trial, and what if a worker dies.

Each trial has a slot, of as many as were asked for, so that any number of workers on
any number of machines start no more. A trial that was interrupted is ended as failed,
and one that continues it waits in its place.
"""

import contextlib
import datetime
import fcntl
import os
import pathlib
import random
import re
import socket
import time
import warnings
from collections import Counter

import optuna
from optuna.trial import TrialState

from hub_estimator.errors import UserError, one_line
from hub_estimator.sweeps.space import Space
from hub_estimator.sweeps.sweep import Sweep

HEARTBEAT_SECS = 10
_GRACE_SECS = 60
_OPEN_ATTEMPTS = 5
# A trial that has taken two workers down takes no third.
_ATTEMPTS = 2

# What a trial is known by beside its parameters.
SLOT = "slot"
SURPLUS = "surplus"
ATTEMPT = "attempt"
CONTINUED = "continued"
WORKER = "worker"
COMMAND = "command"
ERROR = "error"
_IDENTITY = "identity"


def open_study(
  url: str, name: str, sweep: Sweep, *, identity: str, worker: int = 0
) -> optuna.Study:
  """Returns the study, made where there is none yet.

  Args:
    url: of the storage, such as "sqlite:////path/study.db".
    name: of the study.
    sweep: its choices.
    identity: what makes trials comparable; a study with another is refused.
    worker: number of the process, so that no two draw alike.

  Raises:
    UserError: the storage can't be reached, or holds another sweep.
  """
  optuna.logging.set_verbosity(optuna.logging.WARNING)
  # Heartbeats have been called experimental since 2021.
  warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
  for attempt in range(1, _OPEN_ATTEMPTS + 1):
    try:
      study = _open(url, name, sweep, worker)
      break
    except ImportError as error:
      raise UserError(
        f"A study at {url!r} needs a driver: pip install "
        "'hub-estimator[postgresql]'."
      ) from error
    except Exception as error:  # Of the database's own driver, whichever it is.
      # Where another process makes the tables at this moment.
      if attempt < _OPEN_ATTEMPTS and re.search(
        "already exists|UNIQUE constraint", str(error)
      ):
        time.sleep(attempt / 2)
        continue
      raise UserError(
        f"The study can't be opened at {url!r}: {type(error).__name__}: "
        f"{one_line(error.__cause__ or error)}"
      ) from error
  known = study.user_attrs.get(_IDENTITY)
  if known is None:
    study.set_user_attr(_IDENTITY, identity)
  elif known != identity:
    raise UserError(
      f"The study {name!r} at {url} is of another config or space; choose another "
      "--sweep_dir, or go on with the old config."
    )
  return study


def _open(url: str, name: str, sweep: Sweep, worker: int) -> optuna.Study:
  storage = optuna.storages.RDBStorage(
    # The driver that is named without one differs by SQLAlchemy's version.
    re.sub("^postgres(ql)?://", "postgresql+psycopg://", url),
    engine_kwargs={"connect_args": {"timeout": 60}}
    if url.startswith("sqlite")
    # Servers allow 100 connections by default: a worker keeps one.
    else {"pool_pre_ping": True, "pool_size": 1, "max_overflow": 4},
    heartbeat_interval=HEARTBEAT_SECS,
    grace_period=_GRACE_SECS,
  )
  return optuna.create_study(
    storage=storage,
    study_name=name,
    directions=[
      "minimize" if sweep.is_smaller_better(goal) else "maximize"
      for goal in sweep.goals
    ],
    sampler=_sampler(sweep, worker),
    pruner=_pruner(sweep),
    load_if_exists=True,
  )


def count_trials(sweep: Sweep) -> int:
  """Returns how many trials there will be, if no bound ends the sweep before."""
  if sweep.strategy == "grid":
    return len(sweep.space.grid())
  return sweep.max_trials


def has_work(study: optuna.Study, sweep: Sweep) -> bool:
  """Returns whether a trial waits to be continued, or was never started."""
  waiting = study.get_trials(deepcopy=False, states=(TrialState.WAITING,))
  return bool(waiting) or bool(_free_slots(study, count_trials(sweep)))


def ask(
  study: optuna.Study, sweep: Sweep, *, lock: pathlib.Path
) -> optuna.Trial | None:
  """Returns a trial, now this process's; None where there is no work.

  Args:
    study: of the sweep.
    sweep: its choices.
    lock: a file that the processes of this machine have in common. SQLite locks
      no row that is read, so that two of them could take one trial.
  """
  with open(lock, "a") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    while has_work(study, sweep):
      trial = study.ask()
      trial.set_user_attr(COMMAND, process_name(os.getppid()))
      trial.set_user_attr(WORKER, process_name(os.getpid()))
      if _take_slot(study, trial, count_trials(sweep)):
        return trial
      trial.set_user_attr(SURPLUS, True)
      study.tell(trial, state=TrialState.FAIL)
  return None


def _take_slot(study, trial, total: int) -> bool:
  """Gives a trial a slot of its own; returns False where it is one too many.

  Machines know no common lock, so a slot is written first and then looked at: of
  two that write the same, at least one sees the other and looks for another.
  """
  if ATTEMPT in trial.user_attrs:
    return any(t.number == trial.number for t in trials_of(study))
  free = _free_slots(study, total)
  while free:
    slot = _nearest(study, free)
    trial.set_user_attr(SLOT, slot)
    if not any(
      t.number != trial.number and t.user_attrs[SLOT] == slot
      for t in _with_slots(study)
    ):
      return True
    free = _free_slots(study, total)
    random.shuffle(free)
  return False


def _nearest(study, free: list[int]) -> int:
  """Returns the slot that this process is best prepared for.

  Of a grid it is one with the module of the trial before in this process, whose
  features and graphs are in memory; then one whose module is in work nowhere else.
  """
  if not isinstance(study.sampler, _GridSampler):
    return free[0]
  modules, this = study.sampler.modules, process_name(os.getpid())
  last, elsewhere = None, Counter()
  for trial in _with_slots(study):
    module = modules[slot_of(trial)]
    if trial.user_attrs.get(WORKER) == this:
      last = module
    elif trial.state == TrialState.RUNNING:
      elsewhere[module] += 1
  return min(free, key=lambda s: (modules[s] != last, elsewhere[modules[s]]))


def _free_slots(study, total: int) -> list[int]:
  taken = {t.user_attrs[SLOT] for t in _with_slots(study)}
  return sorted(set(range(total)) - taken)


def _with_slots(study) -> list[optuna.trial.FrozenTrial]:
  return [
    t
    for t in study.get_trials(deepcopy=False)
    if SLOT in t.user_attrs and SURPLUS not in t.user_attrs
  ]


def slot_of(trial) -> int:
  """Returns a trial's slot: what people call its number, and its directory's name.

  One that continues another has the same.
  """
  return trial.user_attrs[SLOT]


def trials_of(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
  """Returns the trials that count: each slot once, as it last stands."""
  last = {}
  for trial in _with_slots(study):
    if CONTINUED not in trial.user_attrs:
      # Of two that continue one trial, the first is run.
      last.setdefault((slot_of(trial), trial.user_attrs.get(ATTEMPT)), trial)
  return sorted(last.values(), key=slot_of)


def release_dead(study: optuna.Study) -> list[int]:
  """Ends trials whose worker is gone and makes slots wait that continue them.

  A worker on this machine is gone when its process is; on another, when it was
  silent for a minute. A trial that has taken down two workers is a failure; that
  the command was ended, which ends its workers, is not the trial's fault.

  Returns:
    The numbers of the trials that will be continued.
  """
  silent = set(study._storage._get_stale_trial_ids(study._study_id))
  released = []
  for trial in study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
    if trial._trial_id not in silent and not _is_dead(trial):
      continue
    with contextlib.suppress(ValueError):  # Another process was first.
      if _continue(study, trial):
        released.append(slot_of(trial))
  return released


def _is_dead(trial) -> bool:
  worker = trial.user_attrs.get(WORKER)
  if worker is None:  # Killed while it took the trial.
    age = datetime.datetime.now() - trial.datetime_start
    return age.total_seconds() > _GRACE_SECS
  return is_gone(worker)


def _continue(study: optuna.Study, trial) -> bool:
  """Ends a trial; returns whether a slot waits that continues it.

  The slot comes first: killed after it, the next call makes it again, and of two
  alike only one is run.
  """
  storage, attempt = study._storage, trial.user_attrs.get(ATTEMPT, 1)
  interrupted = is_gone(
    trial.user_attrs.get(COMMAND, process_name(os.getpid()))
  )
  goes_on = interrupted or attempt < _ATTEMPTS
  if SLOT not in trial.user_attrs:  # Killed while it took one.
    goes_on = False
    storage.set_trial_user_attr(trial._trial_id, SURPLUS, True)
  elif goes_on:
    study.enqueue_trial(
      trial.params,
      user_attrs={SLOT: slot_of(trial), ATTEMPT: attempt + (not interrupted)},
    )
    storage.set_trial_user_attr(trial._trial_id, CONTINUED, True)
  else:
    why = f"its worker died, {attempt} times"
    storage.set_trial_user_attr(trial._trial_id, ERROR, why)
  study.tell(trial.number, state=TrialState.FAIL)
  return goes_on


def bound_reached(study: optuna.Study, sweep: Sweep) -> bool:
  """Returns whether no further trial may start: of time, or of failures."""
  trials = trials_of(study)
  failed = [t for t in trials if ERROR in t.user_attrs]
  if len(failed) >= sweep.max_failures:
    return True
  started = [t.datetime_start for t in trials if t.datetime_start is not None]
  if sweep.max_hours is None or not started:
    return False
  hours = (time.time() - min(started).timestamp()) / 3600
  return hours >= sweep.max_hours


def process_name(pid: int) -> str:
  """Returns what names a process of this machine among all of all machines."""
  return f"{socket.gethostname()}:{pid}:{_started(pid)}"


def is_gone(worker: str) -> bool:
  """Returns whether a process is known to be gone; of other machines, never."""
  host, pid, started = worker.rsplit(":", 2)
  return host == socket.gethostname() and _started(int(pid)) != started


def _started(pid: int) -> str | None:
  """Returns a process's start in clock ticks: numbers of processes come again."""
  try:
    stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
  except OSError:
    return None
  state, *fields = stat.rpartition(")")[2].split()
  return None if state == "Z" else fields[18]


class _GridSampler(optuna.samplers.BaseSampler):
  """Gives a trial the combination of its slot: Optuna's grid knows no branches."""

  def __init__(self, space: Space):
    self._grid = space.grid()
    self.modules = [space.modules_of(params) for params in self._grid]

  def infer_relative_search_space(self, study, trial) -> dict:
    return {}

  def sample_relative(self, study, trial, search_space) -> dict:
    return {}

  def sample_independent(self, study, trial, param_name, param_distribution):
    return self._grid[trial.user_attrs[SLOT]][param_name]


def _sampler(sweep: Sweep, worker: int) -> optuna.samplers.BaseSampler:
  seed = sweep.seed * 1000 + worker
  if sweep.strategy == "grid":
    return _GridSampler(sweep.space)
  if sweep.strategy == "tpe":
    return optuna.samplers.TPESampler(seed=seed, constant_liar=True)
  if sweep.strategy == "nsga2":
    return optuna.samplers.NSGAIISampler(seed=seed, population_size=16)
  return optuna.samplers.RandomSampler(seed=seed)


def _pruner(sweep: Sweep) -> optuna.pruners.BasePruner:
  if sweep.pruning == "median":
    return optuna.pruners.MedianPruner()
  if sweep.pruning == "hyperband":
    return optuna.pruners.HyperbandPruner()
  return optuna.pruners.NopPruner()
