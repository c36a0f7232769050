"""A step of NaN fails before it moves a variable."""

import numpy as np
import pytest

from hub_estimator import optimizers
from hub_estimator.model.models import finite_steps, step_ops
from hub_estimator.tensorflow_runtime import estimator, tf

# Files of the room that these tests cover, beside their own.
COVERS = ("step_ops",)


def _spec(x, optimizer, *, loss=None, step=True):
  w = tf.get_variable("w", [2], initializer=tf.ones_initializer())
  table = tf.get_variable("table", [3, 2], initializer=tf.ones_initializer())
  own = tf.reduce_sum(w * x) + tf.reduce_sum(tf.gather(table, [0, 2]) * x)
  train_op = optimizer.minimize(
    own, global_step=tf.train.get_global_step() if step else None
  )
  return estimator.EstimatorSpec(
    "train", loss=own if loss is None else loss(own), train_op=train_op
  )


@pytest.mark.parametrize(
  "make",
  [
    lambda: tf.train.AdamOptimizer(0.1),
    lambda: tf.train.MomentumOptimizer(0.1, 0.9),
    lambda: tf.train.FtrlOptimizer(0.1),
  ],
)
@pytest.mark.parametrize("hide", [False, True])
def test_nothing_moves_where_loss_or_gradient_is_not_finite(make, hide):
  with tf.Graph().as_default(), tf.Session() as session:
    step = tf.train.create_global_step()
    x = tf.placeholder(tf.float32, [2])
    # The loss is finite, and the gradient isn't.
    loss = (lambda own: tf.zeros([])) if hide else None
    spec = finite_steps.require_finite(_spec(x, make(), loss=loss))
    session.run(tf.global_variables_initializer())
    session.run(spec.train_op, {x: [1.0, 2.0]})
    before = session.run(tf.global_variables())
    with pytest.raises(
      tf.errors.InvalidArgumentError, match=optimizers.NOT_FINITE
    ):
      session.run(spec.train_op, {x: [1.0, np.nan]})
    for old, new in zip(
      before, session.run(tf.global_variables()), strict=True
    ):
      np.testing.assert_array_equal(old, new)
    assert session.run(step) == 1


def test_two_optimizers_in_turn_are_checked_as_well():
  with tf.Graph().as_default(), tf.Session() as session:
    tf.train.create_global_step()
    x = tf.placeholder(tf.float32, [])
    a = tf.get_variable("a", [], initializer=tf.ones_initializer())
    b = tf.get_variable("b", [], initializer=tf.ones_initializer())
    first = tf.train.GradientDescentOptimizer(0.1).minimize(a * x, var_list=[a])
    with tf.control_dependencies([first]):
      loss = (b - a.read_value()) * x
    then = tf.train.GradientDescentOptimizer(0.1).minimize(
      loss, var_list=[b], global_step=tf.train.get_global_step()
    )
    spec = finite_steps.require_finite(
      estimator.EstimatorSpec("train", loss=loss, train_op=then)
    )
    session.run(tf.global_variables_initializer())
    session.run(spec.train_op, {x: 1.0})
    assert session.run([a, b]) == pytest.approx([0.9, 0.9])
    with pytest.raises(tf.errors.InvalidArgumentError, match="not finite"):
      session.run(spec.train_op, {x: np.inf})
    assert session.run(b) == pytest.approx(0.9)


@pytest.mark.parametrize("step", [True, False])
def test_it_is_known_whether_a_train_op_counts_steps(step):
  with tf.Graph().as_default():
    tf.train.create_global_step()
    spec = _spec(tf.ones([2]), tf.train.AdamOptimizer(0.1), step=step)
    assert step_ops.moves_step(spec) == step


@pytest.mark.parametrize(
  "draw, types",
  [
    (lambda step: tf.nn.dropout(tf.ones([2]), rate=0.5), ["RandomUniform"]),
    (lambda step: tf.random.stateless_uniform([2], [1, step]), []),
  ],
)
def test_it_is_known_whether_a_step_draws_at_random(draw, types):
  with tf.Graph().as_default():
    step = tf.train.create_global_step()
    spec = _spec(draw(step), tf.train.AdamOptimizer(0.1))
    assert step_ops.random_ops(spec) == types
