"""The most probable span: equal to a search over all of them."""

import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.tensorflow_runtime import tf

LOGITS = np.random.default_rng(1).normal(size=[50, 6, 2]).astype(np.float32)
READ = np.random.default_rng(2).random([50, 6]) < 0.8
READ[0] = False
LABELS = np.random.default_rng(3).integers(0, 6, [50, 2])
LABELS.sort(axis=1)
WORDS = np.array([list("abcdef")] * 50, object)


def _spec(mode, session, max_words=3, logits=LOGITS, read=READ):
  spec = (
    heads.Span(max_words)
    .build()
    .create_estimator_spec(
      {heads.TOKENS_READ: tf.constant(read), heads.WORDS: tf.constant(WORDS)},
      mode,
      tf.constant(logits),
      labels=None if mode == "infer" else tf.constant(LABELS),
      train_op_fn=lambda _: tf.no_op(),
    )
  )
  session.run(tf.local_variables_initializer())
  return spec


def _log_softmax(values):
  values = values - values.max()
  return values - np.log(np.exp(values).sum())


def _best(logits, read, max_words):
  """Returns (first, last, probability) of the best span of words that were read."""
  if not read.any():
    return -1, -1, 0.0
  first, last = (
    _log_softmax(np.where(read, logits[:, i], -np.inf)) for i in (0, 1)
  )
  spans = [
    (first[i] + last[j], i, j)
    for i in range(len(read))
    for j in range(i, min(i + max_words, len(read)))
  ]
  best, i, j = max(spans)
  return i, j, np.exp(best)


@pytest.mark.parametrize("max_words", [1, 3, 30])
def test_the_best_span_is_found(max_words):
  with tf.Graph().as_default(), tf.Session() as session:
    found = session.run(_spec("infer", session, max_words).predictions)
  for row in range(50):
    first, last, probability = _best(LOGITS[row], READ[row], max_words)
    assert (found["first"][row], found["last"][row]) == (first, last)
    assert found["answer"][row].decode() == " ".join(
      "abcdef"[first : last + 1] if first >= 0 else ""
    )
    if first >= 0:
      assert found["probability"][row] == pytest.approx(probability, rel=1e-5)


def test_the_loss_is_the_mean_over_answers_that_were_read():
  losses = []
  for logits, read, (first, last) in zip(LOGITS, READ, LABELS, strict=True):
    if read[first] and read[last]:
      masked = np.where(read[:, np.newaxis], logits, -np.inf)
      losses.append(
        -(_log_softmax(masked[:, 0])[first] + _log_softmax(masked[:, 1])[last])
        / 2
      )
  assert 10 < len(losses) < 45
  with tf.Graph().as_default(), tf.Session() as session:
    loss = session.run(_spec("train", session).loss)
    assert loss == pytest.approx(np.mean(losses), rel=1e-5)
    metrics = _spec("eval", session).eval_metric_ops
    session.run([update for _, update in metrics.values()])
    found = session.run({name: value for name, (value, _) in metrics.items()})
  assert found["average_loss"] == pytest.approx(np.mean(losses), rel=1e-5)
  assert found["answers_read"] == pytest.approx(len(losses) / 50)
  chosen = [_best(*row, 3)[:2] for row in zip(LOGITS, READ, strict=True)]
  exact = [
    pair == tuple(label) for pair, label in zip(chosen, LABELS, strict=True)
  ]
  assert found["exact_match"] == pytest.approx(np.mean(exact))
  f1 = []
  for (first, last), label in zip(chosen, LABELS, strict=True):
    predicted = set(range(first, last + 1)) if first >= 0 else set()
    wanted = set(range(label[0], label[1] + 1))
    f1.append(2 * len(predicted & wanted) / (len(predicted) + len(wanted)))
  assert found["word_f1"] == pytest.approx(np.mean(f1), rel=1e-5)


def test_logits_that_are_nan_have_no_span():
  logits = LOGITS.copy()
  logits[1, 2] = np.nan
  read = np.ones_like(READ)
  with tf.Graph().as_default(), tf.Session() as session:
    spec = _spec("infer", session, logits=logits, read=read)
    found = session.run(spec.predictions)
  assert found["first"][1] == -1
  assert (found["first"][2:] >= 0).all()
