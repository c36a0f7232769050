"""Classes are decided by the threshold; NaN has no class."""

import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError
from hub_estimator.heads.deciding import NO_CLASS
from hub_estimator.tensorflow_runtime import estimator, tf

LOGITS = np.array([[-2], [-0.5], [0], [0.4], [3]], np.float32)
PROBABILITIES = 1 / (1 + np.exp(-LOGITS.astype(np.float64)))
NAN = float("nan")


def _predict(head, logits):
  with tf.Graph().as_default(), tf.Session() as session:
    spec = head.build().create_estimator_spec(
      features={}, mode=estimator.ModeKeys.PREDICT, logits=tf.constant(logits)
    )
    served = spec.export_outputs["predict"].outputs
    session.run(tf.tables_initializer())
    return session.run([dict(spec.predictions), served])


@pytest.mark.parametrize("threshold", [0.1, 0.3, 0.5, 0.59, 0.9, 0.99])
def test_the_threshold_decides_class_ids_and_classes(threshold):
  expected = np.greater(PROBABILITIES, threshold).astype(np.int64)
  words = np.array([b"no", b"yes"])
  for found in _predict(heads.Binary(threshold=threshold), LOGITS):
    np.testing.assert_array_equal(found["class_ids"], expected)
    np.testing.assert_array_equal(
      found["classes"], expected.astype(str).astype(bytes)
    )
  for found in _predict(heads.Binary(["no", "yes"], threshold), LOGITS):
    np.testing.assert_array_equal(found["classes"], words[expected])


@pytest.mark.parametrize("threshold", [0, 1, -0.1, 1.5, True, "0.3", None])
def test_a_threshold_lies_between_0_and_1(threshold):
  with pytest.raises(UserError, match="threshold is .*between 0 and 1"):
    heads.Binary(threshold=threshold)


@pytest.mark.parametrize("threshold", [0.5, 0.3])
@pytest.mark.parametrize("vocabulary", [None, ["no", "yes"]])
def test_nan_is_of_neither_class(threshold, vocabulary):
  logits = np.array([[NAN], [1], [np.inf], [-np.inf]], np.float32)
  head = heads.Binary(vocabulary, threshold)
  for found in _predict(head, logits):
    ids = found["class_ids"][:, 0].tolist()
    assert ids == [NO_CLASS, 1, NO_CLASS, 0]
    assert found["classes"][[0, 2], 0].tolist() == [b"", b""]


@pytest.mark.parametrize("vocabulary", [None, ["a", "b", "c"]])
def test_nan_is_of_no_class_of_several(vocabulary):
  logits = np.array([[0, 1, 2], [NAN, 0, 0], [2, 0, NAN]], np.float32)
  for found in _predict(heads.MultiClass(3, vocabulary), logits):
    assert found["class_ids"].tolist() == [[2], [NO_CLASS], [NO_CLASS]]
    assert found["classes"].tolist() == [
      [b"2" if vocabulary is None else b"c"],
      [b""],
      [b""],
    ]
    assert np.isnan(found["probabilities"][1:]).all()


def test_heads_under_multi_decide_alike():
  head = heads.Multi(
    {"a": heads.Binary(threshold=0.9), "b": heads.MultiClass(3)}
  )
  logits = np.array([[1, 0, 0, 1], [4, NAN, 0, 0]], np.float32)
  predicted, served = _predict(head, logits)
  assert predicted["a", "class_ids"].tolist() == [[0], [1]]
  assert predicted["b", "class_ids"].tolist() == [[2], [NO_CLASS]]
  assert served["a/class_ids"].tolist() == [[0], [1]]
