"""What the command does while workers run: replaces them and reports trials."""

import logging
import pathlib
import time

import optuna
from optuna.trial import TrialState

from hub_estimator import progress
from hub_estimator.errors import RunFailed
from hub_estimator.sweeps.bounds import bound_reached
from hub_estimator.sweeps.interrupted import release_dead
from hub_estimator.sweeps.progress_lines import progress_line
from hub_estimator.sweeps.slots import count_trials, has_work, trials_of
from hub_estimator.sweeps.sweep import Sweep
from hub_estimator.workers import Workers, last_words

_log = logging.getLogger(__name__)
_POLL_SECS = 0.5
_RELEASE_EVERY_SECS = 10.0
# Workers that die one after the other before any trial ends.
_MOST_DEATHS = 6


def watch(
  study: optuna.Study, sweep: Sweep, workers: Workers, *, logs: pathlib.Path
) -> None:
  """Starts workers; returns when no trial runs and none may start.

  Args:
    study: of the sweep.
    sweep: its settings.
    workers: run the trials.
    logs: directory of the workers' logs.

  Raises:
    RunFailed: workers die before any trial ends.
  """
  reporter = _Reporter(study, sweep, len(workers))
  released_at, deaths = -_RELEASE_EVERY_SECS, 0
  while True:
    died = [code for code in workers.reap() if code != 0]
    if died or time.monotonic() - released_at > _RELEASE_EVERY_SECS:
      released_at = time.monotonic()
      for number in release_dead(study):
        _log.info("Trial %d was interrupted and will be continued.", number)
    deaths = 0 if reporter.report() else deaths + len(died)
    if deaths >= _MOST_DEATHS:
      raise RunFailed(
        f"{deaths} workers died before any trial ended: {last_words(logs)}"
      )
    if has_work(study, sweep) and not bound_reached(study, sweep):
      workers.start_missing()
    elif not reporter.any_running and not workers.any_alive():
      return
    time.sleep(_POLL_SECS)


class _Reporter:
  """Reports each trial once, when it has ended."""

  def __init__(self, study: optuna.Study, sweep: Sweep, workers: int):
    self._study = study
    self._sweep = sweep
    self._workers = workers
    self._total = count_trials(sweep)
    self._reported = {
      t.number for t in trials_of(study) if t.state.is_finished()
    }
    # As of the last report.
    self.any_running = False
    if self._reported:
      _log.info(
        "Continuing: %d of %d trials are done.",
        len(self._reported),
        self._total,
      )

  def report(self) -> bool:
    """Reports trials that have ended; returns whether there are any."""
    trials = trials_of(self._study)
    self.any_running = any(t.state == TrialState.RUNNING for t in trials)
    new = [
      t
      for t in trials
      if t.state.is_finished() and t.number not in self._reported
    ]
    for trial in new:
      self._reported.add(trial.number)
      line = progress_line(
        trial, trials, self._sweep, total=self._total, workers=self._workers
      )
      _log.info("%s", line)
      progress.report(
        "sweeping", len(self._reported), self._total, unit="trials"
      )
    return bool(new)
