import numpy as np
import pytest

from hub_estimator import optimizers, schedules
from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import tf


def _steps(optimizer, fine_tuning, n_steps, loss_of=None, update=False):
  """Runs steps on a module variable m and a head variable h, both from 1.0."""
  with tf.Graph().as_default(), tf.Session() as session:
    m = tf.get_variable(
      "m", [], initializer=tf.ones_initializer(), use_resource=True
    )
    h = tf.get_variable(
      "h", [], initializer=tf.ones_initializer(), use_resource=True
    )
    seen = tf.get_variable(
      "seen", [], initializer=tf.zeros_initializer(), trainable=False
    )
    loss = (loss_of or (lambda m, h: m + h))(m, h)
    ops = [seen.assign(m).op] if update else []
    train_op = optimizers.build_train_op(
      optimizer,
      fine_tuning,
      loss=loss,
      module_variables=[m],
      head_variables=[h],
      update_ops=ops,
    )
    session.run(tf.global_variables_initializer())
    values = []
    for _ in range(n_steps):
      session.run(train_op)
      values.append(session.run([m, h, seen, tf.train.get_global_step()]))
  return np.array(values)


@pytest.mark.parametrize(
  "optimizer",
  [optimizers.SGD(0.1), optimizers.Adam(0.1), optimizers.RMSProp(0.1)],
)
def test_the_multiplier_scales_what_the_module_moves(optimizer):
  values = _steps(
    optimizer, optimizers.FineTuning(module_rate_multiplier=0.1), 5
  )
  moved = 1 - values[:, :2]
  np.testing.assert_allclose(moved[:, 0], 0.1 * moved[:, 1], rtol=1e-3)


def test_a_multiplier_of_one_is_one_optimizer():
  one = _steps(optimizers.Adam(0.1), optimizers.FineTuning(1.0), 5)
  np.testing.assert_array_equal(one[:, 0], one[:, 1])


@pytest.mark.parametrize(
  "optimizer", [optimizers.SGD(0.1), optimizers.Adam(0.1)]
)
def test_the_module_rests_for_its_first_steps_and_starts_afresh(optimizer):
  values = _steps(
    optimizer,
    optimizers.FineTuning(module_rate_multiplier=1.0, freeze_module_steps=3),
    5,
  )
  np.testing.assert_array_equal(values[:3, 0], 1.0)
  np.testing.assert_allclose(values[3:, 0], values[:2, 1], rtol=1e-6)
  np.testing.assert_array_equal(values[:, 3], [1, 2, 3, 4, 5])


def test_update_ops_run_before_variables_move():
  values = _steps(
    optimizers.SGD(0.5), optimizers.FineTuning(1.0), 2, update=True
  )
  np.testing.assert_allclose(values[:, 2], [1.0, 0.5])


def test_a_loss_that_is_not_finite_changes_nothing():
  with tf.Graph().as_default(), tf.Session() as session:
    h = tf.get_variable(
      "h", [], initializer=tf.ones_initializer(), use_resource=True
    )
    scale = tf.placeholder_with_default(1.0, [])
    train_op = optimizers.build_train_op(
      optimizers.SGD(0.1),
      optimizers.FineTuning(),
      loss=h * scale,
      module_variables=[],
      head_variables=[h],
      update_ops=[],
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
    _steps(optimizers.SGD(0.1), optimizers.FineTuning(), 1, loss_of)


def test_a_multiplier_of_zero_names_the_way_to_freeze():
  with pytest.raises(UserError, match="module.trainable = False"):
    optimizers.FineTuning(module_rate_multiplier=0)


def test_a_schedule_is_passed_uncalled():
  def rate(step):
    return schedules.exponential(step, rate=1.0, decay_steps=1, decay=0.5)

  values = _steps(optimizers.SGD(rate), optimizers.FineTuning(1.0), 3)
  np.testing.assert_allclose(values[:, 1], [0.0, -0.5, -0.75])


@pytest.mark.parametrize(
  "optimizer",
  [optimizers.SGD(0.1, momentum=0.9), optimizers.Adagrad(0.1)],
)
def test_every_optimizer_goes_downhill(optimizer):
  values = _steps(optimizer, optimizers.FineTuning(), 3)
  assert (np.diff(values[:, :2], axis=0) < 0).all()
