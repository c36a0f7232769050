"""A run's predictions stand beside what is true."""

import numpy as np
import pytest

from hub_estimator import heads, runs
from tests.small_runs import make_experiment, make_regression


def test_probabilities_agree_with_the_accuracy_of_the_run(
  trained_runs, dense, numbers_npz
):
  run = trained_runs.read_only(make_experiment(dense, numbers_npz))
  found = runs.collect_evidence(run.model_dir)
  assert (found.kind, found.classes, found.total) == ("binary", ("0", "1"), 96)
  predicted = found.scores[:, 1] > found.threshold
  assert (predicted == found.labels).mean() == pytest.approx(
    run.result.metrics["accuracy"]
  )
  np.testing.assert_array_equal(
    found.features["x"], np.load(numbers_npz)["x"][found.rows]
  )


def test_numbers_agree_with_the_loss_of_the_run(
  trained_runs, dense, numbers_npz
):
  run = trained_runs.read_only(make_regression(dense, numbers_npz))
  found = runs.collect_evidence(run.model_dir)
  assert found.kind == "number"
  assert ((found.scores - found.labels) ** 2).mean() == pytest.approx(
    run.result.metrics["average_loss"], rel=1e-5
  )


def test_of_many_examples_some_are_drawn_in_their_order(
  trained_runs, dense, numbers_npz
):
  run = trained_runs.read_only(make_experiment(dense, numbers_npz))
  whole = runs.collect_evidence(run.model_dir)
  some = runs.collect_evidence(run.model_dir, most_rows=20)
  assert len(some.rows) == 20 and some.total == 96
  assert (np.diff(some.rows) > 0).all()
  np.testing.assert_array_equal(some.labels, whole.labels[some.rows])
  np.testing.assert_allclose(some.scores, whole.scores[some.rows], rtol=1e-5)


@pytest.mark.slow
def test_several_heads_have_none(trained_runs, dense, numbers_npz):
  experiment = make_experiment(
    dense,
    numbers_npz,
    head=heads.Multi({"label": heads.Binary(), "y": heads.Regression()}),
    label=["label", "y"],
  )
  run = trained_runs.read_only(experiment)
  assert runs.collect_evidence(run.model_dir) is None
