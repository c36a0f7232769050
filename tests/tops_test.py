import numpy as np

from hub_estimator import tops
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


def test_dropout_is_off_outside_of_training():
  with tf.Graph().as_default():
    tops.Linear(dropout=0.5).build(tf.ones([2, 2]), units=1, training=False)
    ops = {op.type for op in tf.get_default_graph().get_operations()}
    assert "RandomUniform" not in ops
    tf.get_variable_scope().reuse_variables()
    tops.Linear(dropout=0.5).build(tf.ones([2, 2]), units=1, training=True)
    ops = {op.type for op in tf.get_default_graph().get_operations()}
    assert "RandomUniform" in ops
