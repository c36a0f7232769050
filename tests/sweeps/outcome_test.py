"""The outcome of a sweep, as a value and as files."""

import os

from hub_estimator.sweeps import Sweep, SweepDir, read_space
from hub_estimator.sweeps.outcome import write_outcome
from tests.sweeps import small


def test_an_outcome_shows_the_ranking_everywhere(tmp_path):
  sweep = Sweep(
    read_space({"HANDLE": ["/a", "/<b>"]}), goals=["loss"], strategy="grid"
  )
  study = small.study_with(tmp_path, sweep, [0.5, 0.25])
  outcome = write_outcome(study, sweep, SweepDir(tmp_path))
  assert repr(outcome) == (
    "Outcome(leaderboard=<Leaderboard: 2 finished, best: trial 1 with loss "
    "0.25>, best=None)"
  )
  assert str(outcome) == outcome.table == str(outcome.leaderboard)
  assert outcome.table.splitlines()[1].split()[:4] == [
    *("1", "1", "finished", "0.25"),
  ]
  assert "<td>/&lt;b&gt;</td>" in outcome._repr_html_()
  # These trials have no runs, so that no winner is exported.
  assert set(os.listdir(tmp_path)) == {
    *("leaderboard.csv", "leaderboard.json", "leaderboard.md"),
    *("hparams", "report.html", "study.db", "lock"),
  }
  page = (tmp_path / "report.html").read_text()
  assert "2 finished; goal: loss, smaller is better" in page
