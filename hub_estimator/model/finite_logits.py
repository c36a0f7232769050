"""Logits that are NaN are refused: a class chosen from them would mean nothing."""

from collections.abc import Mapping

from hub_estimator.model.interface import HeadInput
from hub_estimator.tensorflow_runtime import tf

# Marks the error of an evaluation that meets logits without probabilities. The
# position of the first such example, from 0, follows it.
LOGITS_NOT_FINITE = "hub_estimator: logits not finite"


def require_finite(logits: HeadInput) -> HeadInput:
  """Returns logits that end an evaluation if one of them is NaN or infinite.

  Negative infinity is allowed: it is a probability of 0.

  Args:
    logits: float32 [batch, width], or one of these for each head by name.
  """
  named = logits if isinstance(logits, Mapping) else {"": logits}
  bad = [
    tf.reduce_any(
      tf.math.is_nan(tensor) | tf.equal(tensor, float("inf")),
      axis=list(range(1, tensor.shape.rank)),
    )
    for tensor in named.values()
  ]
  rows = tf.reduce_any(tf.stack(bad), axis=0)
  first = _examples_before(rows) + tf.argmax(tf.cast(rows, tf.int32))
  fine = tf.debugging.Assert(
    ~tf.reduce_any(rows), [LOGITS_NOT_FINITE, first], name="finite_logits"
  )
  with tf.control_dependencies([fine]):
    checked = {name: tf.identity(tensor) for name, tensor in named.items()}
  return checked if isinstance(logits, Mapping) else checked[""]


def _examples_before(rows: tf.Tensor) -> tf.Tensor:
  """Returns how many examples this session has evaluated before a batch."""
  seen = tf.get_variable(
    "evaluated_examples",
    [],
    tf.int64,
    tf.zeros_initializer(),
    trainable=False,
    collections=[tf.GraphKeys.LOCAL_VARIABLES],
    use_resource=True,
  )
  count = tf.size(rows, out_type=tf.int64)
  return seen.assign_add(count, read_value=True) - count
