"""The ranking of hand-made trials in a real study."""

import json

from hub_estimator.sweeps import Leaderboard, Sweep, leaderboard, read_space
from hub_estimator.sweeps.leaderboard import rank_trials
from tests.sweeps import small


def _sweep(choices, **changes):
  return Sweep(read_space({"HANDLE": choices}), strategy="grid", **changes)


def test_the_best_is_first_and_failures_are_last(tmp_path):
  sweep = _sweep(["/a", "/b", "/c"])
  rows = leaderboard.make_rows(
    small.study_with(tmp_path, sweep, [0.5, None, 0.7]), sweep
  )
  assert [(r.rank, r.trial, r.state) for r in rows] == [
    (1, 2, "finished"),
    (2, 0, "finished"),
    (None, 1, "failed"),
  ]
  assert rows[0].params == {"HANDLE": "/c"}
  assert rows[0].goals == {"accuracy": 0.7}


def test_the_smallest_loss_is_best(tmp_path):
  sweep = _sweep(["/a", "/b"], goals=["loss"])
  rows = leaderboard.make_rows(
    small.study_with(tmp_path, sweep, [0.5, 0.4]), sweep
  )
  assert [r.trial for r in rows] == [1, 0]


def test_with_two_goals_the_front_comes_first(tmp_path):
  sweep = _sweep(["/a", "/b", "/c"], goals=["accuracy", "bytes"])
  # The third is beaten in both.
  study = small.study_with(tmp_path, sweep, [[0.7, 10], [0.6, 5], [0.65, 20]])
  rows = leaderboard.make_rows(study, sweep)
  assert [(r.trial, r.is_on_front) for r in rows] == [
    (0, True),
    (1, True),
    (2, False),
  ]


def test_files_hold_what_the_table_shows(tmp_path):
  sweep = _sweep(["/a", "/b"])
  rows = leaderboard.make_rows(
    small.study_with(tmp_path, sweep, [0.5, None]), sweep
  )
  leaderboard.write(rows, sweep, tmp_path)
  written = json.loads((tmp_path / "leaderboard.json").read_text())
  assert written["goals"] == ["accuracy"]
  assert written["smaller_is_better"] == {"accuracy": False}
  assert written["trials"][0]["goals"] == {"accuracy": 0.5}
  assert (
    "| 1 | 0 | finished | 0.5 |" in (tmp_path / "leaderboard.md").read_text()
  )
  assert "no | good" in (tmp_path / "leaderboard.csv").read_text()


def test_a_leaderboard_is_a_sequence_that_shows_itself(tmp_path):
  sweep = _sweep(["/a", "/<b>", "/c"])
  study = small.study_with(tmp_path, sweep, [0.5, 0.75, None])
  board = rank_trials(study, sweep)
  assert len(board) == 3
  assert [row.trial for row in board] == [1, 0, 2]
  assert board[0] is board.best
  assert repr(board) == (
    "<Leaderboard: 2 finished, 1 failed, best: trial 1 with accuracy 0.75>"
  )
  assert str(board).splitlines()[1].split()[:4] == [
    "1",
    "1",
    "finished",
    "0.75",
  ]
  page = board._repr_html_()
  assert "<td>0.75</td>" in page and "<td>/&lt;b&gt;</td>" in page


def test_without_a_finished_trial_none_is_best(tmp_path):
  sweep = _sweep(["/a"])
  empty = Leaderboard([], sweep)
  assert empty.best is None and repr(empty) == "<Leaderboard: no trials>"
  failed = rank_trials(small.study_with(tmp_path, sweep, [None]), sweep)
  assert failed.best is None and repr(failed) == "<Leaderboard: 1 failed>"
