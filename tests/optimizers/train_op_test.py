import numpy as np
import pytest

from hub_estimator import optimizers
from hub_estimator.errors import UserError
from hub_estimator.optimizers import schedules
from hub_estimator.tensorflow_runtime import tf
from tests.optimizers.steps import build_head_step, train_scalars


def test_update_ops_run_before_variables_move():
  values = train_scalars(
    optimizers.SGD(0.5), optimizers.FineTuning(1.0), 2, update=True
  )
  np.testing.assert_allclose(values[:, 2], [1.0, 0.5])


def test_a_loss_that_is_not_finite_changes_nothing():
  with tf.Graph().as_default(), tf.Session() as session:
    scale = tf.placeholder_with_default(1.0, [])
    h, train_op = build_head_step(
      optimizers.SGD(0.1), loss_of=lambda h: h * scale
    )
    session.run(tf.global_variables_initializer())
    for bad in (np.nan, np.inf):
      with pytest.raises(
        tf.errors.InvalidArgumentError, match=optimizers.NOT_FINITE
      ):
        session.run(train_op, {scale: bad})
    assert session.run([h, tf.train.get_global_step()]) == [1.0, 0]
    session.run(train_op)
    assert session.run(tf.train.get_global_step()) == 1


def test_a_gradient_that_is_not_finite_stops_the_step_too():
  def loss_of(m, h):
    return tf.sqrt(m - 1.0) + h  # Finite at 1; its gradient isn't.

  with pytest.raises(
    tf.errors.InvalidArgumentError, match=optimizers.NOT_FINITE
  ):
    train_scalars(
      optimizers.SGD(0.1), optimizers.FineTuning(), 1, loss_of=loss_of
    )


def test_a_loss_without_variables_is_rejected():
  with pytest.raises(UserError, match="depends on no trainable variable"):
    train_scalars(
      optimizers.SGD(0.1),
      optimizers.FineTuning(),
      1,
      loss_of=lambda m, h: tf.constant(1.0),
    )


def test_a_schedule_is_passed_without_a_call():
  def rate(step):
    return schedules.exponential(step, rate=1.0, decay_steps=1, decay=0.5)

  values = train_scalars(optimizers.SGD(rate), optimizers.FineTuning(1.0), 3)
  np.testing.assert_allclose(values[:, 1], [0.0, -0.5, -0.75])


def test_the_rate_scale_multiplies_the_learning_rate():
  with tf.Graph().as_default(), tf.Session() as session:
    h, train_op = build_head_step(optimizers.SGD(0.1), rate_scale=4.0)
    session.run(tf.global_variables_initializer())
    session.run(train_op)
    np.testing.assert_allclose(session.run(h), 0.6, rtol=1e-6)


def test_a_rate_that_is_a_number_can_be_fed():
  with tf.Graph().as_default(), tf.Session() as session:
    h, train_op = build_head_step(optimizers.SGD(0.1))
    (rate,) = tf.get_collection(optimizers.LEARNING_RATE)
    session.run(tf.global_variables_initializer())
    session.run(train_op, {rate: 0.5})
    np.testing.assert_allclose(session.run(h), 0.5, rtol=1e-6)
