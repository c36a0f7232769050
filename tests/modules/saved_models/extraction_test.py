import numpy as np

from hub_estimator.modules import read_module_info
from hub_estimator.tensorflow_runtime import hub, tf


def test_dropout_differs_between_steps_but_not_between_runs(keras):
  x = np.random.default_rng(0).normal(size=(8, 4)).astype(np.float32)
  info = read_module_info(keras)

  def two_steps():
    with tf.Graph().as_default(), tf.Session() as session:
      output = hub.Module(info.spec, tags={"train"})(x)
      session.run(tf.global_variables_initializer())
      return session.run(output), session.run(output)

  first, second = two_steps()
  assert np.abs(first - second).max() > 1e-3
  np.testing.assert_array_equal((first, second), two_steps())
