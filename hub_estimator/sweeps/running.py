"""A sweep as a command runs it: checks the space, runs workers, ranks."""

from hub_estimator import config, schemas
from hub_estimator.disk import write_text
from hub_estimator.errors import UserError
from hub_estimator.sweeps.outcome import Outcome, write_outcome
from hub_estimator.sweeps.space_check import check_space
from hub_estimator.sweeps.study import identity_of, open_study
from hub_estimator.sweeps.sweep import read_sweep
from hub_estimator.sweeps.sweep_dir import SweepDir
from hub_estimator.sweeps.watching import watch
from hub_estimator.workers import MakeWorkers, Processes, Program

# The module that each worker runs.
_WORKER = "hub_estimator.sweeps.worker"


def run_sweep(
  sweep_dir: str,
  *,
  workers: int = 1,
  storage: str | None = None,
  make_workers: MakeWorkers = Processes,
) -> Outcome:
  """Runs the sweep that gin's state describes, or continues it; returns its outcome.

  Call `config.parse` before each call: afterwards, gin's state is that of a trial.

  Args:
    sweep_dir: directory of the trials, the leaderboard and the winner.
    workers: trials that run at the same time.
    storage: URL of a database that other machines share; None keeps a file in
      sweep_dir.
    make_workers: makes the workers from a program and their number: `Processes` of
      this machine, or `RayWorkers`.

  Raises:
    UserError: the config is invalid; if it is the space, the message names all of
      its mistakes. Or sweep_dir is in use or belongs to another sweep.
    RunFailed: workers die before any trial ends.
  """
  if workers < 1:
    raise UserError(f"workers is {workers}; it is at least 1.")
  at = SweepDir.at(sweep_dir)
  at.check_writable()
  config.require_read("run", "sweep")
  whole, base = config.text(), config.text(without="sweep")
  sweep = read_sweep()
  identity = identity_of(base, sweep)
  url, name = at.study_at(storage)
  program = Program(_WORKER, [str(at.path), url, name, identity], at.logs)
  pool = make_workers(program, workers)
  try:
    schema = check_space(base, sweep, schemas.read(at.schema))
    with at.hold():
      study = open_study(url, name, sweep, identity=identity)
      write_text(at.sweep, whole)
      write_text(at.base, base)
      schemas.write(at.schema, schema)
      watch(study, sweep, pool, logs=at.logs)
      return write_outcome(study, sweep, at)
  finally:
    pool.stop()


def rank(sweep_dir: str, *, storage: str | None = None) -> Outcome:
  """Ranks a sweep's trials as they are now, and rewrites the report.

  Args:
    sweep_dir: of the sweep.
    storage: as the sweep was started with.

  Raises:
    UserError: there is no sweep in `sweep_dir`.
  """
  at = SweepDir.at(sweep_dir)
  if not at.sweep.exists():
    raise UserError(f"No sweep at {sweep_dir!r}: it has no {at.sweep.name}.")
  config.parse([str(at.sweep)])
  sweep = read_sweep()
  identity = identity_of(at.base.read_text(encoding="utf-8"), sweep)
  url, name = at.study_at(storage)
  study = open_study(url, name, sweep, identity=identity)
  return write_outcome(study, sweep, at)
