"""Spans of tokens, such as entities, that tags mark: their precision, recall, F1.

A tag is "O", or "B-<type>" where a span of a type begins, or "I-<type>" inside. As in
the shared task of CoNLL-2000, "I-<type>" also begins a span if the tag before it is of
no or another type.
"""

import re
from collections.abc import Sequence

import numpy as np

from hub_estimator.tensorflow_runtime import tf

_TAG = re.compile(r"O|[BI]-.+", re.DOTALL)


def are_tags(vocabulary: Sequence[str]) -> bool:
  """Returns whether all labels of a vocabulary are tags, and some mark spans."""
  return all(_TAG.fullmatch(label) for label in vocabulary) and any(
    label != "O" for label in vocabulary
  )


def build_metrics(
  wanted: tf.Tensor, predicted: tf.Tensor, vocabulary: Sequence[str]
) -> dict[str, tuple[tf.Tensor, tf.Operation]]:
  """Adds the metrics of spans: "span_precision", "span_recall", "span_f1".

  A predicted span is correct if one of the same type has the same first and last
  token. Without any span, a metric is 0.

  Args:
    wanted: class ids, int64 [batch, tokens]; -1 is no tag.
    predicted: likewise.
    vocabulary: the tags by class id.

  Returns:
    (value, update op) by name.
  """
  types = sorted({label[2:] for label in vocabulary if label != "O"})
  is_first = [label.startswith("B-") for label in vocabulary]
  of_type = [
    -1 if label == "O" else types.index(label[2:]) for label in vocabulary
  ]
  table = np.array([[-1, *of_type], [0, *is_first]], np.int64)
  of_wanted, of_predicted = _Spans(wanted, table), _Spans(predicted, table)
  correct = (
    of_wanted.begins
    & of_predicted.begins
    & tf.equal(of_wanted.types, of_predicted.types)
    & tf.equal(of_wanted.lengths, of_predicted.lengths)
  )
  totals, updates = zip(
    *[
      _total(name, begins)
      for name, begins in (
        ("correct", correct),
        ("wanted", of_wanted.begins),
        ("predicted", of_predicted.begins),
      )
    ],
    strict=True,
  )
  n_correct, n_wanted, n_predicted = totals
  update = tf.group(*updates)
  ratios = {
    "span_precision": tf.div_no_nan(n_correct, n_predicted),
    "span_recall": tf.div_no_nan(n_correct, n_wanted),
    "span_f1": tf.div_no_nan(2.0 * n_correct, n_wanted + n_predicted),
  }
  return {name: (ratio, update) for name, ratio in ratios.items()}


class _Spans:
  """Where spans begin, and how long they are.

  Attributes:
    types: of each token's span, int64 [batch, tokens]; -1 outside.
    begins: whether a span begins at a token, bool [batch, tokens].
    lengths: of each token's span in tokens, int64 [batch, tokens].
  """

  def __init__(self, ids: tf.Tensor, table: np.ndarray) -> None:
    self.types = tf.gather(table[0], ids + 1)
    is_first = tf.equal(tf.gather(table[1], ids + 1), 1)
    before = tf.pad(self.types, [[0, 0], [1, 0]], constant_values=-1)[:, :-1]
    inside = tf.not_equal(self.types, -1)
    self.begins = inside & (is_first | tf.not_equal(self.types, before))
    shape = tf.shape(ids, out_type=tf.int64)
    # Spans of a row are numbered from 1; those of all rows from 0.
    numbers = tf.cumsum(tf.cast(self.begins, tf.int64), axis=1)
    numbers += (tf.range(shape[0]) * (shape[1] + 1))[:, tf.newaxis]
    sizes = tf.math.unsorted_segment_sum(
      tf.cast(inside, tf.int64), numbers, shape[0] * (shape[1] + 1)
    )
    self.lengths = tf.gather(sizes, numbers)


def _total(name: str, counted: tf.Tensor) -> tuple[tf.Tensor, tf.Operation]:
  """Returns (the number of true values so far, the op that adds a batch's)."""
  total = tf.get_variable(
    f"spans_{name}",
    [],
    tf.float64,
    tf.zeros_initializer(),
    trainable=False,
    collections=[tf.GraphKeys.LOCAL_VARIABLES, tf.GraphKeys.METRIC_VARIABLES],
    use_resource=True,
  )
  added = tf.reduce_sum(tf.cast(counted, tf.float64))
  return tf.cast(total, tf.float32), total.assign_add(added, read_value=True)
