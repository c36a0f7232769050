"""A caller hears of each evaluation, and may end the run."""

import pytest

from hub_estimator import runs
from tests.small_runs import make_regression


@pytest.mark.slow
def test_each_evaluation_is_reported_with_its_step(
  dense, numbers_npz, tmp_path
):
  heard = []
  result = runs.train(
    make_regression(dense, numbers_npz),
    tmp_path,
    after_evaluation=lambda step, metrics: heard.append((step, metrics)),
  )
  assert [step for step, _ in heard] == [10, 20]
  assert heard[-1][1]["loss"] == pytest.approx(result.metrics["loss"])


@pytest.mark.slow
def test_an_error_ends_the_run_which_can_be_resumed(
  dense, numbers_npz, tmp_path
):
  class Enough(Exception):
    pass

  def stop(step, metrics):
    raise Enough

  experiment = make_regression(dense, numbers_npz)
  with pytest.raises(Enough):
    runs.train(experiment, tmp_path, after_evaluation=stop)
  assert runs.train(experiment, tmp_path).steps == 20
