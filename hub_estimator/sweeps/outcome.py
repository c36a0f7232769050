"""What a sweep leaves: the ranking, as a value and as files, and the winner."""

import dataclasses
import logging
import pathlib

import optuna

from hub_estimator.errors import RunFailed, UserError, one_line
from hub_estimator.sweeps import hparams, leaderboard, report, winner
from hub_estimator.sweeps.leaderboard import Leaderboard, rank_trials
from hub_estimator.sweeps.sweep import Sweep
from hub_estimator.sweeps.sweep_dir import SweepDir

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Outcome:
  """The outcome of a sweep; a notebook shows its leaderboard.

  Attributes:
    leaderboard: all trials, the best first.
    best: directory of the winner's exports; None if no trial has finished, or if the
      best one ran on another machine or can't be exported.
  """

  leaderboard: Leaderboard
  best: pathlib.Path | None

  @property
  def table(self) -> str:
    """The leaderboard as text for a terminal."""
    return str(self.leaderboard)

  def __str__(self) -> str:
    """Returns the leaderboard as text."""
    return self.table

  def _repr_html_(self) -> str:
    """Returns the leaderboard for a notebook."""
    return self.leaderboard._repr_html_()


def write_outcome(study: optuna.Study, sweep: Sweep, at: SweepDir) -> Outcome:
  """Ranks the trials as they are now, and writes every file that shows them.

  Args:
    study: of the sweep.
    sweep: its settings.
    at: where the files are written.
  """
  ranking = rank_trials(study, sweep)
  leaderboard.write(ranking.rows, sweep, at.path)
  hparams.write(ranking.rows, sweep, at.path)
  report.write(study, ranking.rows, sweep, at.report)
  row = ranking.best
  best = None
  if row is not None:
    try:
      best = winner.write(row, at.path)
    except (UserError, RunFailed) as error:
      _log.error(
        "The best trial, %d, can't be exported: %s", row.trial, one_line(error)
      )
  return Outcome(ranking, best)
