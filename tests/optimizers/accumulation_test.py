import numpy as np
import pytest

from hub_estimator import optimizers
from hub_estimator.tensorflow_runtime import tf
from tests.optimizers.steps import GRADIENTS, train_matrices


@pytest.mark.parametrize(
  "optimizer", [optimizers.SGD(0.5, 0.9), optimizers.Adam(0.1)]
)
def test_accumulated_batches_move_variables_by_their_mean(optimizer):
  means = GRADIENTS.reshape(2, 2, 2, 2).mean(axis=1)
  (want,) = train_matrices(optimizer, optimizers.FineTuning(1.0), means)
  accumulating = optimizers.FineTuning(1.0, accumulate_batches=2)
  (got,) = train_matrices(optimizer, accumulating, GRADIENTS)
  np.testing.assert_allclose(got, want, rtol=1e-5)
  # Nothing moves in between.
  (half,) = train_matrices(optimizer, accumulating, GRADIENTS[:3])
  (first,) = train_matrices(optimizer, optimizers.FineTuning(1.0), means[:1])
  np.testing.assert_allclose(half, first, rtol=1e-5)


@pytest.mark.parametrize("batches", [3, 100])
def test_the_last_step_applies_the_rest_by_its_mean(batches):
  (got,) = train_matrices(
    optimizers.SGD(1.0),
    optimizers.FineTuning(1.0, accumulate_batches=batches),
    GRADIENTS,
    max_steps=4,
  )
  whole, rest = (GRADIENTS[:3], GRADIENTS[3:])
  moves = [whole.mean(0), rest.mean(0)] if batches == 3 else [GRADIENTS.mean(0)]
  np.testing.assert_allclose(got, 1 - sum(moves), rtol=1e-5)


def test_steps_after_an_applied_rest_are_averaged_alone():
  """A run of two steps goes on to four: steps three and four move as one."""
  with tf.Graph().as_default(), tf.Session() as session:
    h = tf.get_variable("h", [], initializer=tf.ones_initializer())
    gradient = tf.placeholder(tf.float32, [])
    train_op = optimizers.build_train_op(
      optimizers.SGD(1.0),
      optimizers.FineTuning(accumulate_batches=4),
      loss=h * gradient,
      module_variables=[],
      head_variables=[h],
      update_ops=[],
      max_steps=8,
    )
    (rest,) = tf.get_collection(optimizers.REST_APPLIED_AT)
    step = tf.train.get_global_step()
    session.run(tf.global_variables_initializer())
    session.run(step.assign(2))
    seen = []
    for value in (0.1, 0.3, 1.0, 2.0, 3.0, 6.0):
      session.run(train_op, {gradient: value, rest: 2})
      seen.append(session.run(h))
  np.testing.assert_allclose(seen, [1, 0.8, 0.8, 0.8, 0.8, -2.2], rtol=1e-5)


def test_accumulated_batches_are_clipped_as_one():
  (got,) = train_matrices(
    optimizers.SGD(1.0),
    optimizers.FineTuning(1.0, accumulate_batches=4, clip_norm=0.1),
    GRADIENTS,
  )
  mean = GRADIENTS.mean(axis=0)
  want = 1 - mean * 0.1 / np.linalg.norm(mean)
  np.testing.assert_allclose(got, want, rtol=1e-5)


def test_accumulated_sparse_gradients_add_up():
  rows = np.array([[0, 2], [2, 1]])
  with tf.Graph().as_default(), tf.Session() as session:
    table = tf.get_variable(
      "t", [3, 2], initializer=tf.ones_initializer(), use_resource=True
    )
    ids = tf.placeholder(tf.int64, [2])
    train_op = optimizers.build_train_op(
      optimizers.SGD(1.0),
      optimizers.FineTuning(1.0, accumulate_batches=2),
      loss=tf.reduce_sum(tf.nn.embedding_lookup(table, ids)),
      module_variables=[table],
      head_variables=[],
      update_ops=[],
    )
    session.run(tf.global_variables_initializer())
    for batch in rows:
      session.run(train_op, {ids: batch})
    got = session.run(table)
  np.testing.assert_allclose(got, 1 - np.array([[1, 1], [1, 1], [2, 2]]) / 2)
