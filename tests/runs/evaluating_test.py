"""A checkpoint's evaluation is that of training."""

import numpy as np
import pytest

from hub_estimator import (
  heads,
  inputs,
  runs,
)
from hub_estimator.errors import UserError
from hub_estimator.model import metrics
from tests.small_runs import make_experiment, replace

# Files of the room that these tests cover, beside their own.
COVERS = ("estimators",)


@pytest.mark.slow
def test_evaluation_of_a_checkpoint_equals_what_training_saw(
  dense, numbers_npz, tmp_path, trained_runs
):
  experiment = make_experiment(dense, numbers_npz)
  run = trained_runs.copy(experiment, tmp_path)
  model_dir = str(run.model_dir)
  evaluated = runs.evaluate(model_dir, experiment=experiment)
  for name, value in run.result.metrics.items():
    np.testing.assert_allclose(evaluated[name], value, rtol=1e-6, err_msg=name)
  assert (
    runs.evaluate(model_dir, experiment=experiment, checkpoint="10")[
      "global_step"
    ]
    == 10
  )
  with pytest.raises(UserError, match="No checkpoint '11'"):
    runs.evaluate(model_dir, experiment=experiment, checkpoint="11")


def test_evaluation_on_other_features_is_refused(
  dense, numbers_npz, sentences_csv, trained_runs
):
  experiment = make_experiment(dense, numbers_npz)
  run = trained_runs.read_only(experiment)
  with pytest.raises(UserError, match="the run was trained on"):
    runs.evaluate(
      run.model_dir,
      experiment=replace(experiment, eval_input=inputs.Csv(sentences_csv)),
    )


def test_an_example_without_probabilities_is_refused_by_its_position(
  dense, numbers_npz, tmp_path, trained_runs
):
  experiment = make_experiment(dense, numbers_npz)
  run = trained_runs.copy(experiment, tmp_path / "run")
  data = dict(np.load(numbers_npz))
  data["x"][70, 2] = np.nan
  np.savez(tmp_path / "nan.npz", **data)
  other = inputs.Npz(str(tmp_path / "nan.npz"), features=["x"])
  with pytest.raises(
    UserError, match=r"nan.npz, example 70: its logits are NaN"
  ):
    runs.evaluate(
      run.model_dir,
      experiment=replace(experiment, eval_input=other, eval_batch_size=32),
    )


@pytest.mark.parametrize(
  "threshold",
  [
    0.2,
    pytest.param(0.5, marks=pytest.mark.slow),
    pytest.param(0.8, marks=pytest.mark.slow),
  ],
)
def test_metrics_and_predictions_follow_the_threshold(
  dense, numbers_npz, tmp_path, threshold
):
  experiment = make_experiment(
    dense,
    numbers_npz,
    head=heads.Binary(threshold=threshold),
    metrics=[metrics.F1(), metrics.ConfusionMatrix()],
    max_steps=3,
    eval_every_steps=3,
  )
  result = runs.train(experiment, str(tmp_path))
  data = np.load(numbers_npz)
  found = runs.predict(tmp_path, {"x": data["x"]}, experiment=experiment)
  positive = found["logistic"][:, 0] > threshold
  np.testing.assert_array_equal(found["class_ids"][:, 0], positive)
  assert found["classes"][:, 0].tolist() == [
    b"1" if i else b"0" for i in positive
  ]
  label = data["label"] == 1
  hits = (positive & label).sum()
  expected = {
    "accuracy": (positive == label).mean(),
    "precision": hits / max(positive.sum(), 1),
    "recall": hits / label.sum(),
    "f1": 2 * hits / (positive.sum() + label.sum()),
  }
  for name, value in expected.items():
    assert result.metrics[name] == pytest.approx(value, rel=1e-5), name
  evaluated = runs.evaluate(tmp_path, experiment=experiment)
  assert evaluated["accuracy"] == pytest.approx(expected["accuracy"])
