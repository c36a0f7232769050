"""A head for tokens: equal to the head of one token on all that were read."""

import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.tensorflow_runtime import estimator, tf

NAMES = ["B-X", "I-X", "O"]
LOGITS = np.random.default_rng(1).normal(size=[2, 3, 3]).astype(np.float32)
READ = np.array([[1, 1, 0], [1, 0, 0]], bool)  # A word of row 0 was cut.
IDS = np.array([[0, 1, 2, 0], [2, -1, -1, -1]])  # It has a label, and one more.
FLAT_IDS, FLAT_LOGITS = [0, 1, 2], LOGITS[[0, 0, 1], [0, 1, 0]]


def _names(ids):
  return np.array(
    [[NAMES[i].encode() if i >= 0 else b"" for i in row] for row in ids], object
  )


def _spec(mode, head, labels=None, logits=LOGITS):
  return head.build().create_estimator_spec(
    {
      heads.TOKENS_READ: tf.constant(READ),
      heads.LENGTH: tf.constant([3, 1], tf.int64),
    },
    mode,
    tf.constant(logits),
    labels=None if labels is None else tf.constant(labels),
    train_op_fn=lambda _: tf.no_op(),
  )


def _evaluated(head, labels):
  with tf.Graph().as_default(), tf.Session() as session:
    spec = _spec("eval", head, labels)
    metrics = {
      name: metric if isinstance(metric, tuple) else (metric.result(), None)
      for name, metric in spec.eval_metric_ops.items()
    }
    updates = [u for _, u in metrics.values() if u is not None]
    for metric in spec.eval_metric_ops.values():
      if not isinstance(metric, tuple):
        updates += metric.updates
    session.run(
      [
        tf.global_variables_initializer(),
        tf.local_variables_initializer(),
        tf.tables_initializer(),
      ]
    )
    loss, _ = session.run([spec.loss, updates])
    return loss, session.run({n: v for n, (v, _) in metrics.items()})


def _loss_by_hand(ids, logits):
  log = logits - np.log(np.exp(logits).sum(axis=-1, keepdims=True))
  return -log[np.arange(len(ids)), ids].mean()


@pytest.mark.parametrize(
  "head, labels",
  [
    (heads.Sequence(3), IDS),
    (heads.Sequence(label_vocabulary=NAMES), _names(IDS)),
  ],
)
def test_the_loss_is_the_mean_over_tokens_that_were_read(head, labels):
  loss = _loss_by_hand(FLAT_IDS, FLAT_LOGITS)
  with tf.Graph().as_default(), tf.Session() as session:
    spec = _spec("train", head, labels)
    session.run(tf.tables_initializer())
    assert session.run(spec.loss) == pytest.approx(loss, rel=1e-6)
  found, metrics = _evaluated(head, labels)
  assert found == pytest.approx(loss, rel=1e-6)
  assert metrics["average_loss"] == pytest.approx(loss, rel=1e-6)


def test_tokens_that_were_not_read_count_as_wrong():
  _, metrics = _evaluated(heads.Sequence(label_vocabulary=NAMES), _names(IDS))
  predicted = FLAT_LOGITS.argmax(axis=-1)
  right = (predicted == FLAT_IDS).sum()
  assert metrics["accuracy"] == pytest.approx(right / 5)
  assert metrics["tokens_read"] == pytest.approx(3 / 5)
  assert set(metrics) >= {"span_precision", "span_recall", "span_f1"}


def test_ids_have_no_spans():
  _, metrics = _evaluated(heads.Sequence(3), IDS)
  assert set(metrics) == {"accuracy", "average_loss", "tokens_read"}


def test_a_batch_without_a_token_that_was_read_has_no_loss():
  with tf.Graph().as_default(), tf.Session() as session:
    spec = _spec("train", heads.Sequence(3), np.full([2, 1], -1))
    assert session.run(spec.loss) == 0.0


@pytest.mark.parametrize("n_classes", [2, 3])
def test_predictions_are_the_classes_of_tokens(n_classes):
  names = NAMES[:n_classes]
  logits = LOGITS if n_classes == 3 else LOGITS[:, :, :1]
  with tf.Graph().as_default(), tf.Session() as session:
    spec = _spec("infer", heads.Sequence(label_vocabulary=names), logits=logits)
    session.run(tf.tables_initializer())
    found = session.run(spec.predictions)
  ids = logits.argmax(-1) if n_classes == 3 else (logits[:, :, 0] > 0) * 1
  np.testing.assert_array_equal(found["class_ids"], np.where(READ, ids, -1))
  wanted = np.where(READ, np.array(names)[ids], "").astype(object)
  assert [[n.decode() for n in row] for row in found["classes"]] == (
    wanted.tolist()
  )
  assert found["probabilities"].shape == (2, 3, n_classes)
  np.testing.assert_allclose(found["probabilities"].sum(-1), 1, rtol=1e-6)
  assert found[heads.LENGTH].tolist() == [3, 1]
  assert isinstance(
    spec.export_outputs["predict"], estimator.export.PredictOutput
  )


def test_labels_beside_the_predictions_of_evaluation():
  head = heads.Sequence(label_vocabulary=NAMES)
  with tf.Graph().as_default(), tf.Session() as session:
    built = head.build()
    features = {heads.TOKENS_READ: tf.constant(READ)}
    flat = built.flat_labels(
      features, tf.constant(LOGITS), tf.constant(_names(IDS))
    )
    assert [NAMES.index(n.decode()) for n in session.run(flat)] == FLAT_IDS
