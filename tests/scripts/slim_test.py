"""tf-slim, if it is installed, has what `tf.contrib` had of it."""

import importlib.util

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.scripts.contrib import Contrib
from hub_estimator.tensorflow_runtime import tf

needs_slim = pytest.mark.skipif(
  importlib.util.find_spec("tf_slim") is None, reason="tf-slim isn't installed"
)


@needs_slim
def test_layers_and_arg_scopes_are_those_of_tf_slim():
  contrib = Contrib()
  with tf.Graph().as_default(), tf.Session() as session:
    with contrib.framework.arg_scope(
      [contrib.slim.conv2d], normalizer_fn=contrib.layers.batch_norm
    ):
      x = contrib.slim.conv2d(tf.ones([2, 4, 4, 3]), 5, [3, 3])
    y = contrib.layers.fully_connected(contrib.layers.flatten(x), 2)
    names = {variable.op.name for variable in tf.trainable_variables()}
    session.run(tf.global_variables_initializer())
    values, kernel, inputs = session.run(
      [y, *tf.trainable_variables()[-2:-1], x]
    )
  assert {"Conv/weights", "Conv/BatchNorm/beta"} < names
  expected = np.maximum(inputs.reshape(2, -1) @ kernel, 0)
  np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-5)


def test_what_tf_slim_lacks_is_gone():
  with pytest.raises(UserError, match="tf.contrib.layers.no_such_thing isn't"):
    _ = Contrib().layers.no_such_thing


@pytest.mark.skipif(
  importlib.util.find_spec("tf_slim") is not None, reason="tf-slim is installed"
)
def test_without_tf_slim_the_line_names_it():
  with pytest.raises(UserError, match="slim.conv2d .*: pip install tf-slim"):
    _ = Contrib().slim.conv2d
