"""Spans of tags: equal to a loop over the tags, one after the other."""

import random

import numpy as np
import pytest

from hub_estimator.heads import spans
from hub_estimator.tensorflow_runtime import tf

TAGS = ["B-LOC", "B-PER", "I-LOC", "I-PER", "O"]


def _spans(tags):
  """Returns the spans (type, first, last) of one row."""
  found, first, kind = set(), None, None
  for place, tag in enumerate([*tags, "O"]):
    goes_on = tag.startswith("I-") and tag[2:] == kind
    if kind is not None and not goes_on:
      found.add((kind, first, place - 1))
      kind = None
    if tag != "O" and not goes_on:
      first, kind = place, tag[2:]
  return found


def _by_hand(wanted, predicted):
  pairs = [
    (_spans(a), _spans(b)) for a, b in zip(wanted, predicted, strict=True)
  ]
  correct = sum(len(a & b) for a, b in pairs)
  n_wanted = sum(len(a) for a, _ in pairs)
  n_predicted = sum(len(b) for _, b in pairs)
  return {
    "span_precision": correct / n_predicted if n_predicted else 0.0,
    "span_recall": correct / n_wanted if n_wanted else 0.0,
    "span_f1": 2 * correct / (n_wanted + n_predicted)
    if n_wanted + n_predicted
    else 0.0,
  }


def _ids(rows):
  length = max(1, *(len(row) for row in rows))
  return np.array(
    [[*map(TAGS.index, row), *[-1] * (length - len(row))] for row in rows],
    np.int64,
  )


def _measured(*batches):
  with tf.Graph().as_default(), tf.Session() as session:
    wanted, predicted = (tf.placeholder(tf.int64, [None, None]) for _ in "ab")
    metrics = spans.build_metrics(wanted, predicted, TAGS)
    session.run(tf.local_variables_initializer())
    values = {name: value for name, (value, _) in metrics.items()}
    updates = {id(update): update for _, update in metrics.values()}
    for a, b in batches:
      session.run(list(updates.values()), {wanted: _ids(a), predicted: _ids(b)})
    return session.run(values)


def test_random_tags_have_the_spans_that_a_loop_finds():
  random_ = random.Random(1)
  batches = []
  for _ in range(20):
    lengths = [random_.randint(0, 9) for _ in range(8)]
    batches.append(
      tuple([random_.choices(TAGS, k=n) for n in lengths] for _ in "ab")
    )
  wanted, predicted = ([r for b in batches for r in b[i]] for i in (0, 1))
  found = _by_hand(wanted, predicted)
  assert found["span_f1"] > 0.05
  assert _measured(*batches) == pytest.approx(found, rel=1e-6)


@pytest.mark.parametrize(
  "wanted, predicted, f1",
  [
    (["B-PER", "I-PER"], ["B-PER", "I-PER"], 1.0),
    (["B-PER", "I-PER"], ["I-PER", "I-PER"], 1.0),  # Begins without a "B".
    (["B-PER", "I-PER"], ["B-PER", "O"], 0.0),
    (["B-PER", "I-PER"], ["B-LOC", "I-LOC"], 0.0),
    (["B-PER", "B-PER"], ["B-PER", "I-PER"], 0.0),
    (["B-PER", "I-LOC"], ["B-PER", "B-LOC"], 1.0),
    (["B-PER", "O", "B-LOC"], ["B-PER", "O", "O"], 2 / 3),
    (["O", "O"], ["O", "O"], 0.0),
  ],
)
def test_a_span_is_correct_with_its_type_and_both_ends(wanted, predicted, f1):
  assert _by_hand([wanted], [predicted])["span_f1"] == pytest.approx(f1)
  assert _measured(([wanted], [predicted]))["span_f1"] == pytest.approx(f1)


def test_a_span_doesnt_go_on_in_the_next_row():
  a = [["O", "B-PER"], ["I-PER", "O"]]
  b = [["O", "B-PER"], ["I-PER", "O"]]
  assert _measured((a, b))["span_f1"] == 1.0
  assert sum(len(_spans(row)) for row in a) == 2


@pytest.mark.parametrize(
  "vocabulary, are_tags",
  [
    (TAGS, True),
    (["I-X", "O"], True),
    (["O", "X"], False),
    (["O"], False),
    (["NOUN", "VERB"], False),
    (["B-", "O"], False),
  ],
)
def test_tags_are_told_from_other_labels(vocabulary, are_tags):
  assert spans.are_tags(vocabulary) is are_tags
