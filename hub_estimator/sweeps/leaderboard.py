"""Which trial is best: all trials, ranked, as a value and as files."""

import dataclasses
import pathlib
from collections import Counter
from collections.abc import Iterator, Sequence

import optuna
from optuna.trial import FrozenTrial, TrialState

from hub_estimator import disk
from hub_estimator.model_dir import write_json
from hub_estimator.sweeps import tables
from hub_estimator.sweeps.row import STATES, Row, make_row
from hub_estimator.sweeps.slots import trials_of
from hub_estimator.sweeps.sweep import Sweep


@dataclasses.dataclass(frozen=True, repr=False)
class Leaderboard:
  """All trials of a sweep, the best first; a notebook shows it as a table.

  Attributes:
    rows: one for each trial.
    sweep: its settings.
  """

  rows: Sequence[Row]
  sweep: Sweep

  def __len__(self) -> int:
    return len(self.rows)

  def __iter__(self) -> Iterator[Row]:
    return iter(self.rows)

  def __getitem__(self, place: int) -> Row:
    return self.rows[place]

  @property
  def best(self) -> Row | None:
    """The row of rank 1; None if no trial has finished."""
    return self.rows[0] if self.rows and self.rows[0].rank else None

  def __repr__(self) -> str:
    states = Counter(row.state for row in self.rows)
    parts = [f"{count} {state}" for state, count in states.items()]
    if self.best is not None:
      goals = ", ".join(
        f"{goal} {tables.number(value)}"
        for goal, value in self.best.goals.items()
      )
      parts.append(f"best: trial {self.best.trial} with {goals}")
    return f"<Leaderboard: {', '.join(parts) or 'no trials'}>"

  def __str__(self) -> str:
    """Returns the table as text."""
    return tables.to_text(self.rows, self.sweep)

  def _repr_html_(self) -> str:
    """Returns the table for a notebook."""
    return tables.to_html(self.rows, self.sweep)


def rank_trials(study: optuna.Study, sweep: Sweep) -> Leaderboard:
  """Returns the leaderboard of a study as it is now."""
  return Leaderboard(make_rows(study, sweep), sweep)


def make_rows(study: optuna.Study, sweep: Sweep) -> list[Row]:
  """Returns all trials that count, the best first.

  With two goals, the trials that no other beats in both come first, in the order of
  the first goal.
  """
  trials = trials_of(study)
  front = set()
  if any(t.state == TrialState.COMPLETE for t in trials):
    front = {t.number for t in study.best_trials}
  sign = -1 if not sweep.is_smaller_better(sweep.goals[0]) else 1

  def order(trial: FrozenTrial) -> tuple[int, float, float, int]:
    if trial.state != TrialState.COMPLETE:
      return (list(STATES).index(trial.state), 0.0, 0.0, trial.number)
    behind = len(sweep.goals) == 2 and trial.number not in front
    return (0, behind, sign * trial.values[0], trial.number)

  return [
    make_row(trial, sweep.goals, place=place, is_on_front=trial.number in front)
    for place, trial in enumerate(sorted(trials, key=order), start=1)
  ]


def write(rows: Sequence[Row], sweep: Sweep, directory: pathlib.Path) -> None:
  """Writes leaderboard.csv, .json and .md, each atomically."""
  disk.write_text(directory / "leaderboard.csv", tables.to_csv(rows, sweep))
  disk.write_text(directory / "leaderboard.md", tables.to_markdown(rows, sweep))
  write_json(
    directory / "leaderboard.json",
    {
      "goals": list(sweep.goals),
      "smaller_is_better": {g: sweep.is_smaller_better(g) for g in sweep.goals},
      "trials": [dataclasses.asdict(row) for row in rows],
    },
  )
