import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.optimizers import schedules
from hub_estimator.tensorflow_runtime import tf


def _values(schedule, steps, **kwargs):
  with tf.Graph().as_default(), tf.Session() as session:
    step = tf.placeholder(tf.int64, [])
    rate = schedule(step, **kwargs)
    return np.array([session.run(rate, {step: s}) for s in steps])


def test_constant_with_warm_up():
  got = _values(schedules.constant, [0, 1, 3, 9], rate=0.4, warm_up_steps=4)
  np.testing.assert_allclose(got, [0.1, 0.2, 0.4, 0.4], rtol=1e-6)


def test_cosine_is_half_a_cosine():
  steps = np.array([0, 25, 50, 100, 150])
  got = _values(schedules.cosine, steps, rate=1.0, decay_steps=100, final=0.1)
  want = 0.1 + 0.9 * 0.5 * (1 + np.cos(np.pi * np.minimum(steps, 100) / 100))
  np.testing.assert_allclose(got, want, atol=1e-6)


def test_exponential():
  got = _values(
    schedules.exponential, [0, 10, 20], rate=1.0, decay_steps=10, decay=0.5
  )
  np.testing.assert_allclose(got, [1.0, 0.5, 0.25], rtol=1e-6)


def test_cosine_with_restarts_starts_again():
  got = _values(
    schedules.cosine, [0, 5, 9, 10, 15], rate=1.0, decay_steps=10, restart=True
  )
  want = 0.5 * (1 + np.cos(np.pi * np.array([0, 0.5, 0.9, 0, 0.5])))
  np.testing.assert_allclose(got, want, atol=1e-6)


def test_piecewise():
  got = _values(
    schedules.piecewise,
    [0, 9, 10, 19, 20],
    boundaries=[10, 20],
    rates=[3, 2, 1],
  )
  np.testing.assert_allclose(got, [3, 3, 2, 2, 1])
  with pytest.raises(
    UserError, match="1 boundaries and 1 rates; it needs 2 rates"
  ):
    _values(schedules.piecewise, [0], boundaries=[10], rates=[1])


def test_polynomial():
  got = _values(
    schedules.polynomial,
    [0, 5, 10, 99],
    rate=1.0,
    decay_steps=10,
    final=0.2,
    power=2,
  )
  np.testing.assert_allclose(got, [1.0, 0.4, 0.2, 0.2], rtol=1e-6)


def test_polynomial_with_restarts_starts_again():
  got = _values(
    schedules.polynomial,
    [0, 5, 10, 15],
    rate=1.0,
    decay_steps=10,
    power=2.0,
    restart=True,
  )
  np.testing.assert_allclose(got, [1.0, 0.25, 1.0, 0.25], rtol=1e-6)


def test_exponential_with_restarts_starts_again():
  got = _values(
    schedules.exponential,
    [0, 10, 20, 30],
    rate=1.0,
    decay_steps=10,
    decay=0.5,
    restart_steps=20,
  )
  np.testing.assert_allclose(got, [1.0, 0.5, 1.0, 0.5], rtol=1e-6)


@pytest.mark.parametrize("decay_steps", [0, -1, None])
@pytest.mark.parametrize(
  "schedule, fields",
  [
    (schedules.cosine, {}),
    (schedules.polynomial, {}),
    (schedules.exponential, {"decay": 0.5}),
  ],
)
def test_decay_steps_must_be_above_zero(schedule, fields, decay_steps):
  with pytest.raises(UserError, match="it must be a number above 0"):
    _values(schedule, [0], rate=1.0, decay_steps=decay_steps, **fields)
