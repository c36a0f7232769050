"""A checkpoint's evaluation is that of training."""

import numpy as np
import pytest

from hub_estimator import (
  inputs,
  runs,
)
from hub_estimator.errors import UserError
from tests.small_runs import make_experiment, replace

# Files of the room that these tests cover, beside their own.
COVERS = ("estimators",)


def test_evaluation_of_a_checkpoint_equals_what_training_saw(
  dense, numbers_npz, tmp_path, trained_runs
):
  experiment = make_experiment(dense, numbers_npz)
  run = trained_runs.copy(experiment, tmp_path)
  model_dir = str(run.model_dir)
  metrics = runs.evaluate(model_dir, experiment=experiment)
  for name, value in run.result.metrics.items():
    np.testing.assert_allclose(metrics[name], value, rtol=1e-6, err_msg=name)
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
