"""The ranking, by hand-made trials of a real study."""

import csv
import io
import json

import pytest
from optuna.trial import TrialState

from hub_estimator.sweeps import leaderboard
from hub_estimator.sweeps import study as studies
from hub_estimator.sweeps.space import read_space
from hub_estimator.sweeps.sweep import Sweep


def _study(tmp_path, sweep, values, **attrs):
  """Returns a study whose trials gave `values`; None fails."""
  study = studies.open_study(
    f"sqlite:///{tmp_path}/study.db", "s", sweep, identity="i"
  )
  for value in values:
    trial = studies.ask(study, sweep, lock=tmp_path / "lock")
    sweep.space.suggest(trial)
    for key, attr in attrs.items():
      trial.set_user_attr(key, attr)
    if value is None:
      trial.set_user_attr(studies.ERROR, "no | good")
      study.tell(trial, state=TrialState.FAIL)
    else:
      study.tell(trial, value)
  return study


def _sweep(choices, **changes):
  return Sweep(read_space({"HANDLE": choices}), strategy="grid", **changes)


def test_the_best_is_first_and_failures_are_last(tmp_path):
  sweep = _sweep(["/a", "/b", "/c"])
  rows = leaderboard.make_rows(_study(tmp_path, sweep, [0.5, None, 0.7]), sweep)
  assert [(r.rank, r.trial, r.state) for r in rows] == [
    (1, 2, "finished"),
    (2, 0, "finished"),
    (None, 1, "failed"),
  ]
  assert rows[0].params == {"HANDLE": "/c"}
  assert rows[0].goals == {"accuracy": 0.7}


def test_a_loss_is_best_where_it_is_smallest(tmp_path):
  sweep = _sweep(["/a", "/b"], goals=["loss"])
  rows = leaderboard.make_rows(_study(tmp_path, sweep, [0.5, 0.4]), sweep)
  assert [r.trial for r in rows] == [1, 0]


def test_of_two_goals_the_front_is_first(tmp_path):
  sweep = _sweep(["/a", "/b", "/c"], goals=["accuracy", "bytes"])
  # The third is beaten in both.
  study = _study(tmp_path, sweep, [[0.7, 10], [0.6, 5], [0.65, 20]])
  rows = leaderboard.make_rows(study, sweep)
  assert [(r.trial, r.is_on_front) for r in rows] == [
    (0, True),
    (1, True),
    (2, False),
  ]


def test_files_hold_what_the_table_shows(tmp_path):
  sweep = _sweep(["/a", "/b"])
  study = _study(
    tmp_path,
    sweep,
    [0.5, None],
    spreads=[0.01],
    metrics={"loss": 0.3},
    seconds=2.5,
    bytes=1500000,
    modules={"module": "/modules/a"},
  )
  rows = leaderboard.make_rows(study, sweep)
  leaderboard.write(rows, sweep, tmp_path)
  table = list(
    csv.DictReader(io.StringIO((tmp_path / "leaderboard.csv").read_text()))
  )
  assert table[0]["accuracy"] == "0.5" and table[0]["metric loss"] == "0.3"
  assert table[1]["error"] == "no | good"
  written = json.loads((tmp_path / "leaderboard.json").read_text())
  assert written["trials"][0]["goals"] == {"accuracy": 0.5}
  markdown = (tmp_path / "leaderboard.md").read_text()
  assert "| 1 | 0 | finished | 0.5 ± 0.01 | /a | 2.5 | 1.5 |" in markdown
  assert "- trial 1: no | good" in markdown
  text = leaderboard.to_text(rows, sweep)
  assert text.splitlines()[0].split()[:4] == [
    "rank",
    "trial",
    "state",
    "accuracy",
  ]


@pytest.mark.parametrize("count", [0, 25])
def test_no_trials_and_many_are_shown(tmp_path, count):
  sweep = _sweep([f"/{i}" for i in range(max(count, 1))])
  study = _study(tmp_path, sweep, [float(i) for i in range(count)])
  rows = [
    row
    for row in leaderboard.make_rows(study, sweep)
    if row.state == "finished"
  ]
  text = leaderboard.to_text(rows, sweep)
  assert ("… and 5 more in leaderboard.md" in text) == (count == 25)
