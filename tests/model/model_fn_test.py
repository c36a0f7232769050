import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.model import tops
from hub_estimator.runs import checking
from hub_estimator.tensorflow_runtime import estimator, tf
from tests.small_runs import make_experiment


def _build(experiment, mode):
  tf.train.create_global_step()
  checked = checking.check(experiment)
  features = {"x": tf.constant(checked.train.features["x"])}
  labels = tf.constant(checked.train.labels) if mode != "infer" else None
  return checked.model_fn(features, labels, mode)


@pytest.mark.parametrize("mode", ["train", "eval", "infer"])
def test_each_mode_has_its_variant(batch_norm, numbers_npz, mode):
  with tf.Graph().as_default():
    _build(make_experiment(batch_norm, numbers_npz), mode)
    tags = "moments" in " ".join(
      op.name for op in tf.get_default_graph().get_operations()
    )
    assert tags == (mode == "train")


def test_dropout_is_in_training_only(dense, numbers_npz):
  experiment = make_experiment(dense, numbers_npz, top=tops.Linear(dropout=0.5))
  for mode in ("train", "eval", "infer"):
    with tf.Graph().as_default():
      _build(experiment, mode)
      names = [op.name for op in tf.get_default_graph().get_operations()]
    assert any("stateless_dropout" in n for n in names) == (mode == "train")


def test_predictions_are_the_default_signature(dense, numbers_npz):
  with tf.Graph().as_default():
    spec = _build(make_experiment(dense, numbers_npz), "infer")
  outputs = spec.export_outputs
  assert {"predict", "classification", "regression", "serving_default"} <= set(
    outputs
  )
  assert isinstance(outputs["serving_default"], estimator.export.PredictOutput)


@pytest.mark.parametrize(
  "head, label, dtype",
  [
    (heads.MultiClass(3), "z", np.int64),
    (heads.Regression(), "y", np.float32),
    (heads.Binary(), "label", np.int64),
  ],
)
def test_the_top_is_sized_by_the_head(dense, numbers_npz, head, label, dtype):
  experiment = make_experiment(dense, numbers_npz, head=head, label=label)
  assert experiment.train_input.read().labels.dtype == dtype
  checked = checking.check(experiment)
  assert checked.variables["head/logits/kernel"] == (
    3,
    head.build().logits_dimension,
  )
