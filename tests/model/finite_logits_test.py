"""An evaluation ends at logits that have no probabilities."""

import numpy as np
import pytest

from hub_estimator.model.finite_logits import LOGITS_NOT_FINITE, require_finite
from hub_estimator.tensorflow_runtime import tf

NAN, INF = float("nan"), float("inf")


def _evaluate(batches, width):
  """Feeds batches of logits, in one session."""
  with tf.Graph().as_default(), tf.Session() as session:
    fed = tf.placeholder(tf.float32, [None, width])
    checked = require_finite(fed)
    by_head = require_finite_by_head(fed)
    session.run(tf.local_variables_initializer())
    for batch in batches:
      got, named = session.run([checked, by_head], {fed: batch})
      np.testing.assert_array_equal(got, batch)
      np.testing.assert_array_equal(named["a"], batch)


def require_finite_by_head(fed):
  with tf.variable_scope("by_head"):
    return require_finite({"a": fed, "b": tf.zeros_like(fed)})


def test_finite_logits_and_minus_infinity_pass():
  _evaluate([[[0.0, -INF]], [[2.0**99, -(2.0**99)], [1, 2]]], 2)


@pytest.mark.parametrize("value", [NAN, INF])
def test_the_first_bad_example_is_named_by_its_position(value):
  batches = [np.zeros((3, 1)), np.array([[0], [1], [value], [value]])]
  with pytest.raises(tf.errors.InvalidArgumentError) as error:
    _evaluate(batches, 1)
  assert f"[{LOGITS_NOT_FINITE}] [5]" in str(error.value)
