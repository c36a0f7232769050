"""The outcome of a sweep, as a value and as files."""

import os

import pytest

from hub_estimator.sweeps import Sweep, SweepDir, read_space
from hub_estimator.sweeps.outcome import write_outcome
from tests import module_zoo
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


def _run_sweep(tmp_path, module, data):
  file = small.write_config(
    tmp_path / "sweep.gin",
    module,
    data,
    "sweep.space = {'optimizers.adam.learning_rate': [0.05, 0.1]}\n",
  )
  at, sweep, study = small.run_here(file, tmp_path / "sweep")
  return write_outcome(study, sweep, at)


@pytest.mark.slow
def test_runs_of_a_module_that_samples_have_a_winner(numbers_npz, tmp_path):
  outcome = _run_sweep(tmp_path, module_zoo.vae(tmp_path / "m"), numbers_npz)
  assert len(outcome.leaderboard) == 2 and outcome.leaderboard.best is not None
  assert list(outcome.best.glob("module/*/module/tfhub_module.pb"))


@pytest.mark.slow
def test_a_winner_that_cannot_be_exported_leaves_the_table(
  numbers_npz, tmp_path, new_log
):
  module = module_zoo.counting(tmp_path / "m")
  outcome = _run_sweep(tmp_path, module, numbers_npz)
  assert outcome.best is None and outcome.leaderboard.best is not None
  assert "finished" in outcome.table
  (line,) = [n for n in new_log().splitlines() if "can't be exported" in n]
  assert (
    "The full model's signature" in line and "differs from the live" in line
  )
  assert (tmp_path / "sweep" / "best.gin").is_file()
