"""Functions of `tf.contrib.layers` give the numbers that they gave."""

import numpy as np
import pytest

from hub_estimator.scripts import layers
from hub_estimator.tensorflow_runtime import tf


def _values(make, shape=(300, 500)):
  with tf.Graph().as_default(), tf.Session() as session:
    return session.run(make(shape))


def test_initializers_have_the_spread_of_the_papers():
  limit = np.sqrt(6 / 800)  # Glorot and Bengio 2010, equation 16.
  values = _values(layers.xavier_initializer(seed=1))
  assert np.abs(values).max() == pytest.approx(limit, rel=1e-3)
  assert values.std() == pytest.approx(limit / np.sqrt(3), rel=0.01)
  # tf.contrib: truncated at two deviations of sqrt(1.3 * factor / n).
  for make, factor, n in (
    (layers.xavier_initializer(uniform=False, seed=1), 1, 400),
    (layers.variance_scaling_initializer(seed=1), 2, 300),
  ):
    deviation = np.sqrt(1.3 * factor / n)
    values = _values(make)
    assert np.abs(values).max() == pytest.approx(2 * deviation, rel=1e-3)
    assert values.std() == pytest.approx(0.8796 * deviation, rel=0.01)


def test_regularizers_weigh_absolute_values_and_half_of_squares():
  weights = np.array([3.0, -4.0], np.float32)
  assert _values(layers.l1_regularizer(0.1), weights) == pytest.approx(0.7)
  assert _values(layers.l2_regularizer(0.1), weights) == pytest.approx(1.25)
  assert layers.l2_regularizer(0.0)(weights) is None


@pytest.mark.parametrize(
  "optimizer",
  [
    "SGD",
    tf.train.GradientDescentOptimizer,
    tf.train.GradientDescentOptimizer(0.1),
  ],
)
def test_a_step_of_optimize_loss_is_that_of_its_optimizer(optimizer):
  with tf.Graph().as_default(), tf.Session() as session:
    step = tf.train.create_global_step()
    w = tf.get_variable("w", initializer=[3.0, 4.0])
    moved = tf.get_variable("moved", initializer=0.0, trainable=False)
    tf.add_to_collection(tf.GraphKeys.UPDATE_OPS, moved.assign_add(1.0).op)
    ready = isinstance(optimizer, tf.train.Optimizer)
    train = layers.optimize_loss(
      tf.nn.l2_loss(w),
      None,
      None if ready else 0.05,
      optimizer,
      clip_gradients=2.5,
      # Doubles the rate.
      learning_rate_decay_fn=lambda rate, step: rate * 2,
    )
    session.run(tf.global_variables_initializer())
    assert session.run(train) == pytest.approx(12.5)
    # The gradient is w, of length 5, and is clipped to half.
    np.testing.assert_allclose(session.run(w), [2.85, 3.8], rtol=1e-6)
    assert session.run([step, moved]) == [1, 1.0]
    names = {v.op.name for v in tf.global_variables()}
    assert ready or "OptimizeLoss/learning_rate" in names


def test_optimize_loss_refuses_what_it_does_not_do():
  with tf.Graph().as_default():
    loss = tf.get_variable("w", [])
    with pytest.raises(AttributeError, match="gradient_multipliers.*compute_"):
      layers.optimize_loss(loss, None, 0.1, "SGD", gradient_multipliers={})
    with pytest.raises(ValueError, match="'Sgd' isn't one of: Adagrad, Adam"):
      layers.optimize_loss(loss, None, 0.1, "Sgd")
