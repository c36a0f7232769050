"""Predictions are served by default, under the names that exports use."""

from hub_estimator.model import prediction_names
from hub_estimator.tensorflow_runtime import estimator, tf
from tests.model.build import build_mode
from tests.small_runs import make_experiment


def test_predictions_are_the_default_signature(dense, numbers_npz):
  with tf.Graph().as_default():
    spec = build_mode(make_experiment(dense, numbers_npz), "infer")
  outputs = spec.export_outputs
  assert {"predict", "classification", "regression", "serving_default"} <= set(
    outputs
  )
  assert isinstance(outputs["serving_default"], estimator.export.PredictOutput)


def test_predictions_of_several_heads_are_named_by_head():
  assert prediction_names({"logits": 1, ("near", "logits"): 2}) == {
    "logits": 1,
    "near/logits": 2,
  }
