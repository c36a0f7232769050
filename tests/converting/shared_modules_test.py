"""Real modules compute and train as they do in a session."""

import functools

import numpy as np
import pytest
import tensorflow

from hub_estimator import converting
from hub_estimator.publishing import saved_model
from hub_estimator.tensorflow_runtime import tf
from tests.converting.both import (
  assert_close,
  assert_same,
  step_in_session,
  step_in_tensorflow_2,
)

pytestmark = pytest.mark.slow

RNG = np.random.default_rng(0)
_WIDTHS = {
  **dict.fromkeys(
    (
      "grid_weights",
      "norm_grad_rho",
      "norm_grad_rho_a",
      "norm_grad_rho_b",
      "rho_a",
      "rho_b",
      "tau_a",
      "tau_b",
    ),
    1,
  ),
  "grid_coords": 3,
  "hfxa": 2,
  "hfxb": 2,
}
INPUTS = {
  "half_plus_two_v1": {"default": np.float32([[1], [2]])},
  "glove50_20k": {"default": np.array(["a good film", "no such wrd"], object)},
  "enlite0_96_feature_vector": {
    "images": RNG.random((4, 96, 96, 3), np.float32)
  },
  "dm21_DM21": {
    f"tensor_dict${name}": RNG.uniform(0.1, 1.0, (4, width)).astype(np.float32)
    for name, width in _WIDTHS.items()
  },
}
# EfficientNet's batch norm turns noise of floats into other directions.
RATES = {"enlite0_96_feature_vector": 0.001, "glove50_20k": 1.0}


@pytest.fixture(scope="module")
def converted(shared_module, tmp_path_factory):
  """Returns a function from a module's name to (its path, the SavedModel's)."""
  directory = tmp_path_factory.mktemp("shared")

  def make(name):
    module, target = shared_module(name), directory / name
    if not target.exists():
      converting.convert(target, module)
    return module, str(target)

  return make


@pytest.fixture(scope="module")
def batch(converted):
  """Returns a function from a module's name to its step in a session, without moves."""

  @functools.cache
  def make(name, *, training):
    module, _ = converted(name)
    return step_in_session(module, INPUTS[name], training=training)

  return make


@pytest.mark.parametrize("name", INPUTS)
def test_a_batch_and_steps_are_equal_in_both(converted, batch, name):
  module, path = converted(name)
  inputs, rate = INPUTS[name], RATES.get(name, 0.01)
  assert_same(
    step_in_tensorflow_2(path, inputs, training=False),
    batch(name, training=False),
  )
  first = batch(name, training=True)
  assert_same(step_in_tensorflow_2(path, inputs, training=True), first)
  expected = step_in_session(
    module,
    inputs,
    training=True,
    steps=3,
    optimizer=lambda: tf.train.GradientDescentOptimizer(rate),
  )
  got = step_in_tensorflow_2(
    path,
    inputs,
    training=True,
    steps=3,
    optimizer=lambda: tensorflow.keras.optimizers.SGD(rate),
  )
  assert_close(got.variables, expected.variables)
  # The steps are far larger than what the comparison allows.
  assert any(
    np.max(np.abs(value - first.variables[key]) / np.max(np.abs(value))) > 1e-3
    for key, value in got.variables.items()
  )


@pytest.mark.parametrize("name", INPUTS)
def test_published_again_it_is_the_module_that_it_was(
  converted, batch, name, tmp_path, monkeypatch
):
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
  _, path = converted(name)
  again = saved_model.publish(str(tmp_path / "again"), path)
  for training in (False, True):
    assert_same(
      step_in_session(again, INPUTS[name], training=training),
      batch(name, training=training),
    )
