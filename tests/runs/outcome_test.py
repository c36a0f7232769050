"""A finished run says so; one killed before its result completes it."""

import shutil

import pytest

from hub_estimator import (
  exporting,
  runs,
)
from hub_estimator.model_dir import results
from tests.small_runs import make_experiment, tree_digest


@pytest.mark.slow
def test_a_finished_run_says_so_and_changes_nothing(
  dense, numbers_npz, tmp_path, trained_runs
):
  experiment = make_experiment(dense, numbers_npz, exports=exporting.Exports())
  first = trained_runs.copy(experiment, tmp_path).result
  before = tree_digest(tmp_path)
  assert runs.train(experiment, str(tmp_path)) == first
  assert tree_digest(tmp_path) == before


@pytest.mark.slow
def test_a_run_killed_before_its_result_exports_what_it_lacks(
  dense, numbers_npz, tmp_path, trained_runs
):
  experiment = make_experiment(dense, numbers_npz, exports=exporting.Exports())
  trained_runs.copy(experiment, tmp_path)
  (tmp_path / "result.json").unlink()
  shutil.rmtree(tmp_path / "export")
  result = runs.train(experiment, str(tmp_path))
  assert result.state == results.FINISHED
  assert (tmp_path / result.exports["latest"]["model"]).is_dir()
  assert result.metrics["accuracy"] > 0
