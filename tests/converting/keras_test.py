"""Keras 2 and Keras 3 train converted modules."""

import os
import subprocess
import sys

import numpy as np
import pytest
import tensorflow

from hub_estimator import converting, testing
from hub_estimator.modules import ModuleSource, place, read_module_info
from hub_estimator.tensorflow_runtime import estimator, hub, tf
from tests.converting.both import assert_close, name_of

X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
Y = np.zeros([6, 3], np.float32)


def _train_in_session(module, steps):
  """Returns variables after steps of SGD on the mean square and the losses."""
  info, source = read_module_info(module), ModuleSource(module)
  with tf.Graph().as_default(), tf.Session() as session:
    placed = place(info, source, mode=estimator.ModeKeys.TRAIN)
    outputs, update_ops = placed.apply({"x": tf.constant(X)})
    loss = tf.reduce_mean(tf.square(outputs["default"] - Y))
    loss = tf.add_n([loss, *placed.regularization_losses])
    with tf.control_dependencies(update_ops):
      train = tf.train.GradientDescentOptimizer(0.5).minimize(loss)
    session.run(tf.global_variables_initializer())
    for _ in range(steps):
      session.run(train)
    return session.run(placed.module.variable_map)


def test_steps_of_fit_end_with_the_variables_of_a_session(converted):
  module, path = converted("batch_norm")
  layer = hub.KerasLayer(path, trainable=True, input_shape=[4])
  model = tensorflow.keras.Sequential([layer])
  model.compile(tensorflow.keras.optimizers.SGD(0.5), "mse")
  assert len(layer.losses) == 1
  model.fit(X, Y, batch_size=6, epochs=3, verbose=0)
  assert_close(
    {name_of(v): v.numpy() for v in layer.weights},
    _train_in_session(module, 3),
  )


def test_a_frozen_layer_moves_nothing(converted):
  layer = hub.KerasLayer(converted("batch_norm")[1], input_shape=[4])
  model = tensorflow.keras.Sequential([layer, tensorflow.keras.layers.Dense(3)])
  model.compile("sgd", "mse")
  before = {name_of(v): v.numpy() for v in layer.weights}
  model.fit(X, Y, epochs=2, verbose=0)
  assert_close({name_of(v): v.numpy() for v in layer.weights}, before, rtol=0)


@pytest.mark.slow
def test_a_model_with_the_layer_is_saved_and_loaded(converted, tmp_path):
  layer = hub.KerasLayer(
    converted("batch_norm")[1], trainable=True, input_shape=[4]
  )
  model = tensorflow.keras.Sequential([layer, tensorflow.keras.layers.Dense(3)])
  model.compile("sgd", "mse")
  model.fit(X, Y, epochs=2, verbose=0)
  model.save(str(tmp_path / "model"))
  again = tensorflow.keras.models.load_model(str(tmp_path / "model"))
  np.testing.assert_allclose(
    again.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-6
  )
  again.fit(X, Y, epochs=1, verbose=0)


_KERAS_3 = """
import os, sys
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import keras, numpy as np
assert keras.__version__.startswith("3."), keras.__version__
path, data, target = sys.argv[1:]
x = np.load(data)
layer = keras.layers.TFSMLayer(path, call_training_endpoint="train")
model = keras.Sequential([keras.Input([4]), layer])
model.compile(keras.optimizers.SGD(0.5), "mse")
model.fit(x, np.zeros([6, 3], "float32"), batch_size=6, epochs=3, verbose=0)
np.savez(target, **{v.name.removesuffix(':0'): v.numpy() for v in layer.weights})
frozen = keras.layers.TFSMLayer(path, trainable=False)
assert not frozen.trainable_weights
"""


@pytest.mark.slow
@pytest.mark.newest
def test_keras_3_trains_it_as_a_session_does(tmp_path):
  # The layer adds no regularization losses.
  module = testing.batch_norm_module(str(tmp_path / "m"), l2=0.0)
  path = converting.convert(tmp_path / "tf2", module)
  np.save(tmp_path / "x.npy", X)
  environment = {**os.environ, "TF_USE_LEGACY_KERAS": "0"}
  subprocess.run(
    [
      sys.executable,
      "-c",
      _KERAS_3,
      path,
      f"{tmp_path}/x.npy",
      f"{tmp_path}/v",
    ],
    check=True,
    env=environment,
  )
  with np.load(tmp_path / "v.npz") as file:
    got = dict(file)
  assert_close(got, _train_in_session(module, 3))
