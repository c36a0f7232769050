"""The Optuna study of a sweep: opened by every process that works on it."""

import hashlib
import re
import time
import warnings

import optuna

from hub_estimator.errors import UserError, one_line
from hub_estimator.sweeps.samplers import make_pruner, make_sampler
from hub_estimator.sweeps.sweep import Sweep

HEARTBEAT_SECS = 10
# A worker that has been silent for that long counts as dead.
GRACE_SECS = 60
_ATTEMPTS = 5
_SQLITE_TIMEOUT_SECS = 60
_IDENTITY = "identity"


def identity_of(base: str, sweep: Sweep) -> str:
  """Returns a digest of everything that makes a sweep's trials comparable.

  Args:
    base: the gin bindings that all trials share.
    sweep: its settings.
  """
  parts = repr((base, sweep.space, tuple(sweep.goals), sweep.repeats))
  return hashlib.sha256(parts.encode()).hexdigest()[:16]


def open_study(
  url: str, name: str, sweep: Sweep, *, identity: str, worker: int = 0
) -> optuna.Study:
  """Returns the study, which is created if there is none.

  Args:
    url: of the storage, such as "sqlite:////path/study.db".
    name: of the study.
    sweep: its settings.
    identity: as `identity_of` returns it.
    worker: number of the process, so that no two draw the same.

  Raises:
    UserError: the storage can't be reached, or its study has another identity.
  """
  optuna.logging.set_verbosity(optuna.logging.WARNING)
  # Heartbeats have been called experimental since 2021.
  warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
  study = _open_patiently(url, name, sweep, worker)
  known = study.user_attrs.get(_IDENTITY)
  if known is None:
    study.set_user_attr(_IDENTITY, identity)
  elif known != identity:
    raise UserError(
      f"The study {name!r} at {url} belongs to another config or space; choose "
      "another sweep_dir, or continue with the old config."
    )
  return study


def _open_patiently(
  url: str, name: str, sweep: Sweep, worker: int
) -> optuna.Study:
  """Opens the study; waits while another process creates its tables."""
  attempt = 0
  while True:
    attempt += 1
    try:
      return _open(url, name, sweep, worker)
    except ImportError as error:
      raise UserError(
        f"A study at {url!r} needs a driver: pip install "
        "'hub-estimator[postgresql]'."
      ) from error
    except Exception as error:  # Each database's driver has errors of its own.
      if attempt == _ATTEMPTS or not re.search(
        "already exists|UNIQUE constraint", str(error)
      ):
        raise UserError(
          f"The study can't be opened at {url!r}: {type(error).__name__}: "
          f"{one_line(error.__cause__ or error)}"
        ) from error
    time.sleep(attempt / 2)


def _open(url: str, name: str, sweep: Sweep, worker: int) -> optuna.Study:
  storage = optuna.storages.RDBStorage(
    # Without its name, the driver depends on SQLAlchemy's version.
    re.sub("^postgres(ql)?://", "postgresql+psycopg://", url),
    engine_kwargs={"connect_args": {"timeout": _SQLITE_TIMEOUT_SECS}}
    if url.startswith("sqlite")
    # Servers allow 100 connections by default; a worker keeps one.
    else {"pool_pre_ping": True, "pool_size": 1, "max_overflow": 4},
    heartbeat_interval=HEARTBEAT_SECS,
    grace_period=GRACE_SECS,
  )
  return optuna.create_study(
    storage=storage,
    study_name=name,
    directions=[
      "minimize" if sweep.is_smaller_better(goal) else "maximize"
      for goal in sweep.goals
    ],
    sampler=make_sampler(sweep, worker),
    pruner=make_pruner(sweep),
    load_if_exists=True,
  )
