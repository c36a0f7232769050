"""Tops start as they should, and drop and regularize what they should."""

import numpy as np
import pytest

from hub_estimator.model import tops
from hub_estimator.tensorflow_runtime import tf


def _build(top, training=True, seed=1):
  with tf.Graph().as_default(), tf.Session() as session:
    tf.set_random_seed(seed)
    x = tf.constant(np.ones((4, 6), np.float32))
    logits, losses = top.build(x, units=3, training=training)
    session.run(tf.global_variables_initializer())
    variables = {v.op.name: session.run(v) for v in tf.trainable_variables()}
    return session.run(logits), session.run(losses), variables


def test_linear_starts_at_zero():
  logits, losses, variables = _build(tops.Linear())
  np.testing.assert_array_equal(logits, np.zeros((4, 3)))
  assert losses == []
  assert {n: v.shape for n, v in variables.items()} == {
    "head/logits/kernel": (6, 3),
    "head/logits/bias": (3,),
  }


def test_mlp_regularizes_all_kernels_and_no_bias():
  _, losses, variables = _build(tops.MLP(hidden_units=[5, 4], l2=0.5))
  kernels = [v for n, v in variables.items() if n.endswith("kernel")]
  assert len(kernels) == 3
  np.testing.assert_allclose(
    sum(losses), sum(0.25 * np.sum(k**2) for k in kernels), rtol=1e-5
  )


def _draws(**kwargs):
  """Returns whether the logits depend on random numbers."""
  with tf.Graph().as_default():
    tf.train.create_global_step()
    tops.Linear(dropout=0.5).build(tf.ones([2, 2]), units=1, **kwargs)
    types = {op.type for op in tf.get_default_graph().get_operations()}
  return any("StatelessRandom" in kind for kind in types)


def test_dropout_is_off_outside_of_training():
  assert not _draws(training=False)
  assert _draws(training=True)


def _dropped(step, seed, head=""):
  """Returns which of 1,000 features are dropped."""
  with tf.Graph().as_default(), tf.Session() as session:
    tf.set_random_seed(seed)
    at = tf.train.create_global_step()
    with tf.variable_scope(head):
      built, _ = tops.Linear(dropout=0.3).build(
        tf.eye(1000), units=1, training=True
      )
    (kernel,) = (v for v in tf.trainable_variables() if "kernel" in v.name)
    session.run(tf.global_variables_initializer())
    session.run([kernel.assign(tf.ones_like(kernel)), at.assign(step)])
    return session.run(built)[:, 0] == 0


def test_dropout_depends_on_seed_step_and_layer_alone():
  dropped = _dropped(step=7, seed=3)
  np.testing.assert_array_equal(dropped, _dropped(step=7, seed=3))
  assert dropped.mean() == pytest.approx(0.3, abs=0.05)
  for other in (
    _dropped(step=8, seed=3),
    _dropped(step=7, seed=4),
    _dropped(step=7, seed=3, head="stars"),
  ):
    # Independent draws agree for a share of 0.7 * 0.7 + 0.3 * 0.3.
    assert (dropped == other).mean() == pytest.approx(0.58, abs=0.05)


def test_hidden_layers_start_alike_in_any_graph():
  def kernel(noise):
    with tf.Graph().as_default(), tf.Session() as session:
      tf.set_random_seed(5)
      for _ in range(noise):
        tf.constant(1)
      tops.MLP([4]).build(tf.ones([2, 3]), units=1, training=False)
      session.run(tf.global_variables_initializer())
      return session.run(tf.trainable_variables()[0])

  np.testing.assert_array_equal(kernel(0), kernel(9))


def test_parts_have_their_gin_names_in_python():
  assert tops.linear is tops.Linear
  assert tops.mlp is tops.MLP
