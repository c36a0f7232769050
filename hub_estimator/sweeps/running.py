"""Runs a sweep: checks the space, starts workers, watches, ranks."""

import dataclasses
import fcntl
import hashlib
import logging
import os
import pathlib
import socket
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from optuna.trial import TrialState

from hub_estimator import config
from hub_estimator.disk import write_text
from hub_estimator.errors import RunFailed, UserError
from hub_estimator.model_dir import Workdir
from hub_estimator.runs import checking
from hub_estimator.sweeps import hparams, leaderboard, report, winner
from hub_estimator.sweeps import study as studies
from hub_estimator.sweeps.space import Fixed
from hub_estimator.sweeps.sweep import BYTES, SECONDS, Sweep, read_sweep
from hub_estimator.sweeps.worker import SweepDir
from hub_estimator.training import Memory
from hub_estimator.workers import Processes, last_words

_log = logging.getLogger(__name__)
_POLL_SECS = 0.5
_RELEASE_EVERY_SECS = 10.0
# Workers that die one after the other before any trial ends.
_MOST_DEATHS = 6


@dataclasses.dataclass(frozen=True)
class Outcome:
  """What came of a sweep.

  Attributes:
    rows: all trials, the best first.
    table: of them, for a terminal.
    best: the directory of the winner's exports; None where no trial finished, or
      the best ran on another machine.
  """

  rows: Sequence[leaderboard.Row]
  table: str
  best: pathlib.Path | None


def run_sweep(
  sweep_dir: str,
  *,
  workers: int,
  storage: str | None = None,
  make_workers: Callable = Processes,
) -> Outcome:
  """Runs what gin's state describes, or goes on where it was interrupted.

  Args:
    sweep_dir: where trials, leaderboard and the winner are kept.
    workers: trials at a time that this command runs.
    storage: URL of a database that other machines share; None keeps one in
      sweep_dir.
    make_workers: makes the workers from (arguments, directory of logs, how many);
      `Processes` of this machine, or `RayWorkers`.

  Raises:
    UserError: something doesn't fit; all mistakes in the space at once.
    RunFailed: workers die before any trial ends.
  """
  if workers < 1:
    raise UserError(f"--workers is {workers}; it is at least 1.")
  at = SweepDir(pathlib.Path(sweep_dir).expanduser().absolute())
  Workdir(at.path).check_writable()
  texts = config.text(), config.text(without="sweep")
  sweep = read_sweep()
  identity = _identity(texts[1], sweep)
  url = storage or at.study_url
  name = "sweep" if storage is None else at.path.name
  arguments = [str(at.path), url, name, identity]
  pool = make_workers(arguments, at.logs, workers)
  try:
    _check_space(texts[1], sweep)
    at.path.mkdir(parents=True, exist_ok=True)
    with _lock(at.path):
      study = studies.open_study(url, name, sweep, identity=identity)
      write_text(at.sweep, texts[0])
      write_text(at.base, texts[1])
      total = studies.count_trials(sweep)
      _watch(study, sweep, at, total, pool)
      return _finish(study, sweep, at)
  finally:
    pool.stop()


def rank(sweep_dir: str, *, storage: str | None = None) -> Outcome:
  """Ranks the trials of a sweep as they stand, and writes the report anew.

  Raises:
    UserError: there is no sweep at `sweep_dir`.
  """
  at = SweepDir(pathlib.Path(sweep_dir).expanduser().absolute())
  if not at.sweep.exists():
    raise UserError(f"No sweep at {sweep_dir!r}: it has no {at.sweep.name}.")
  config.parse([str(at.sweep)])
  base = at.base.read_text(encoding="utf-8")
  sweep = read_sweep()
  study = studies.open_study(
    storage or at.study_url,
    "sweep" if storage is None else at.path.name,
    sweep,
    identity=_identity(base, sweep),
  )
  return _finish(study, sweep, at)


def _identity(base: str, sweep: Sweep) -> str:
  what = repr((base, sweep.space, tuple(sweep.goals), sweep.repeats))
  return hashlib.sha256(what.encode()).hexdigest()[:16]


# --- Before the first trial --------------------------------------------------


def _check_space(base: str, sweep: Sweep) -> None:
  """Checks a run for each choice and each end of each range.

  Raises:
    UserError: some can't be run; all of them are named.
  """
  started = time.monotonic()
  probes = sweep.space.probes()
  if sweep.strategy == "grid":
    sweep.space.grid()
  metrics = [
    ("sweep.goals", goal)
    for goal in sweep.goals
    if goal not in (SECONDS, BYTES)
  ]
  mistakes: dict[str, tuple[str, str]] = {}
  memory = Memory()
  with tempfile.TemporaryDirectory() as scratch:
    file = pathlib.Path(scratch) / "base.gin"
    file.write_text(base, encoding="utf-8")
    for params in probes:
      bindings = sweep.space.suggest(Fixed(params))
      try:
        config.parse([str(file)], bindings)
        with checking.telling_of_values():
          checking.check(config.build("run"), metrics=metrics, memory=memory)
      except UserError as error:
        changed = {k: v for k, v in params.items() if v != probes[0].get(k)}
        shown = ", ".join(
          f"{k} = {v!r}" for k, v in (changed or params).items()
        )
        # One mistake, whatever the value: without it the messages are alike.
        alike = str(error)
        for binding in bindings:
          alike = alike.replace(binding, binding.split(" = ")[0])
        mistakes.setdefault(alike, (shown, str(error)))
  if mistakes:
    many = (
      f"{len(mistakes)} mistakes in the space"
      if len(mistakes) > 1
      else ("A mistake in the space")
    )
    raise UserError(
      f"{many}: "
      + " ".join(
        f"({i}) with {shown}: {message}"
        for i, (shown, message) in enumerate(mistakes.values(), start=1)
      )
    )
  _log.info(
    "Checked %d combinations in %.1f s: every choice and every end of a range.",
    len(probes),
    time.monotonic() - started,
  )


@contextmanager
def _lock(path: pathlib.Path) -> Iterator[None]:
  """Holds the directory for one command a machine."""
  with open(path / f".lock.{socket.gethostname()}", "a+") as file:
    try:
      fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
      file.seek(0)
      raise UserError(
        f"sweep_dir {str(path)!r} is in use by {file.read() or 'a process'}; wait "
        "for it, or choose another."
      ) from None
    file.truncate(0)
    file.write(f"process {os.getpid()}")
    file.flush()
    yield


# --- While it runs -----------------------------------------------------------


def _watch(study, sweep: Sweep, at: SweepDir, total: int, workers) -> None:
  """Returns when no trial runs, and none waits or a bound is reached."""
  trials = studies.trials_of(study)
  told = {t.number for t in trials if t.state.is_finished()}
  if told:
    _log.info("Going on: %d of %d trials are done.", len(told), total)
  released_at, deaths = -_RELEASE_EVERY_SECS, 0
  while True:
    died = [code for code in workers.reap() if code != 0]
    if died or time.monotonic() - released_at > _RELEASE_EVERY_SECS:
      released_at = time.monotonic()
      for number in studies.release_dead(study):
        _log.info("Trial %d was interrupted and goes on.", number)
    trials = studies.trials_of(study)
    new = [t for t in trials if t.state.is_finished() and t.number not in told]
    for trial in new:
      told.add(trial.number)
      _log.info("%s", _progress(trial, trials, sweep, total, len(workers)))
    deaths = 0 if new else deaths + len(died)
    if deaths >= _MOST_DEATHS:
      raise RunFailed(
        f"{deaths} workers died before any trial ended: {last_words(at.logs)}"
      )
    states = {t.state for t in trials}
    if studies.has_work(study, sweep) and not studies.bound_reached(
      study, sweep
    ):
      workers.start_missing()
    elif TrialState.RUNNING not in states and not workers.any_alive():
      return
    time.sleep(_POLL_SECS)


def _progress(trial, trials, sweep: Sweep, total, workers) -> str:
  """Returns the line that tells of a trial's end."""
  states = [t.state for t in trials]
  done = sum(s.is_finished() for s in states)
  finished = [t for t in trials if t.state == TrialState.COMPLETE]
  told = {
    TrialState.COMPLETE: lambda: ", ".join(
      f"{goal} {leaderboard.number(value)}"
      for goal, value in zip(sweep.goals, trial.values, strict=True)
    ),
    TrialState.PRUNED: lambda: "pruned",
    TrialState.FAIL: lambda: f"failed: {trial.user_attrs.get(studies.ERROR)}",
  }[trial.state]()
  parts = [
    f"Trial {studies.slot_of(trial)}: {told}",
    f"{done} of {total} done",
  ]
  for state, word in (
    (TrialState.RUNNING, "running"),
    (TrialState.FAIL, "failed"),
  ):
    if state in states:
      parts.append(f"{states.count(state)} {word}")
  if finished:
    smaller = sweep.is_smaller_better(sweep.goals[0])
    best = (min if smaller else max)(finished, key=lambda t: t.values[0])
    parts.append(
      f"best {leaderboard.number(best.values[0])} (trial "
      f"{studies.slot_of(best)})"
    )
  seconds = [
    (t.datetime_complete - t.datetime_start).total_seconds()
    for t in trials
    if t.state.is_finished() and t.datetime_start and t.datetime_complete
  ]
  left = statistics.fmean(seconds) * (total - done) / workers
  if left:
    parts.append(
      f"{left / 60:.0f} min left" if left >= 90 else f"{left:.0f} s left"
    )
  return "; ".join(parts)


def _finish(study, sweep: Sweep, at: SweepDir) -> Outcome:
  """Ranks, and writes all that comes out."""
  rows = leaderboard.make_rows(study, sweep)
  leaderboard.write(rows, sweep, at.path)
  hparams.write(rows, sweep, at.path)
  report.write(study, rows, sweep, at.path / "report.html")
  best = winner.write(rows[0], at.path) if rows and rows[0].rank else None
  return Outcome(rows, leaderboard.to_text(rows, sweep), best)
