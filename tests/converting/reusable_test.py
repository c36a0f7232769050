"""Converted modules compute, move and train as the TF1 modules do."""

import shutil

import numpy as np
import pytest
import tensorflow

from hub_estimator import converting
from hub_estimator.tensorflow_runtime import tf
from tests.converting.both import (
  assert_close,
  assert_same,
  call,
  step_in_session,
  step_in_tensorflow_2,
)

COVERS = ("importing", "variables")
v2 = tf.compat.v2


def _numbers(width):
  rng = np.random.default_rng(0)
  return {"x": rng.normal(size=(5, width)).astype(np.float32)}


IDS = np.array([[2, 4, 3], [2, 5, 3]], np.int32)
INPUTS = {
  "dense": _numbers(4),
  "batch_norm": _numbers(4),
  "dropout": _numbers(4),
  "guarded": _numbers(4),
  "hyperparameters": {
    **_numbers(4),
    "rate": np.float32(0.5),
    "weights": np.arange(4, dtype=np.float32),
  },
  "loops": _numbers(3),
  "partitioned": _numbers(6),
  "references": {"ids": np.array([0, 3, 3], np.int32)},
  "text": {"default": np.array(["a good film", "?"], object)},
  "tokens": {
    "input_ids": IDS,
    "input_mask": np.ones_like(IDS),
    "segment_ids": np.zeros_like(IDS),
  },
}


def _signature(name):
  return "tokens" if name == "tokens" else "default"


@pytest.mark.slow
@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("name", INPUTS)
def test_a_batch_gives_equal_outputs_losses_gradients_and_statistics(
  converted, name, training
):
  module, path = converted(name)
  inputs = INPUTS[name]
  expected = step_in_session(
    module, inputs, training=training, signature=_signature(name)
  )
  if training:
    assert expected.gradients
  assert_same(step_in_tensorflow_2(path, inputs, training=training), expected)


@pytest.mark.slow
@pytest.mark.parametrize(
  "in_session, in_tensorflow_2",
  [
    (
      lambda: tf.train.GradientDescentOptimizer(0.1),
      lambda: tensorflow.keras.optimizers.SGD(0.1),
    ),
    (
      lambda: tf.train.AdamOptimizer(0.1, epsilon=1e-7),
      lambda: tensorflow.keras.optimizers.Adam(0.1, epsilon=1e-7),
    ),
  ],
  ids=["sgd", "adam"],
)
@pytest.mark.parametrize("name", ["batch_norm", "references", "tokens"])
def test_three_steps_end_with_equal_variables(
  converted, name, in_session, in_tensorflow_2
):
  module, path = converted(name)
  expected = step_in_session(
    module,
    INPUTS[name],
    training=True,
    signature=_signature(name),
    steps=3,
    optimizer=in_session,
  )
  before = step_in_session(
    module, INPUTS[name], training=False, signature=_signature(name)
  )
  got = step_in_tensorflow_2(
    path, INPUTS[name], training=True, steps=3, optimizer=in_tensorflow_2
  )
  assert_close(got.variables, expected.variables)
  moved = {
    key
    for key, value in got.variables.items()
    if not np.array_equal(value, before.variables[key])
  }
  assert moved == set(got.variables)


@pytest.mark.parametrize("name", ["dropout", "guarded"])
def test_assertions_still_guard_the_outputs(converted, name):
  loaded = v2.saved_model.load(converted(name)[1])
  for training in (False, True):
    with pytest.raises(tf.errors.InvalidArgumentError):
      loaded(tf.fill([2, 4], 200.0), training=training)


def test_all_signatures_give_what_the_module_gives(converted):
  module, path = converted("batch_norm")
  loaded = v2.saved_model.load(path)
  assert set(loaded.signatures) == {"default", "other", "serving_default"}
  for name in loaded.signatures:
    applied = "default" if name == "serving_default" else name
    expected = step_in_session(
      module, INPUTS["batch_norm"], training=False, signature=applied
    )
    got = loaded.signatures[name](tf.constant(INPUTS["batch_norm"]["x"]))
    assert_close({k: v.numpy() for k, v in got.items()}, expected.outputs)


def test_only_the_applied_signature_moves_the_statistics(converted):
  loaded = v2.saved_model.load(converted("batch_norm")[1])
  statistics = [v for v in loaded.variables if "moving" in v.name]
  before = [v.numpy() for v in statistics]
  loaded.signatures["other"](tf.constant(INPUTS["batch_norm"]["x"]))
  call(loaded, INPUTS["batch_norm"], training=False)
  np.testing.assert_array_equal(before, [v.numpy() for v in statistics])
  call(loaded, INPUTS["batch_norm"], training=True)
  assert not np.array_equal(before, [v.numpy() for v in statistics])


def test_both_modes_the_signatures_and_the_losses_see_one_set_of_variables(
  converted,
):
  loaded = v2.saved_model.load(converted("batch_norm")[1])
  (kernel,) = [v for v in loaded.trainable_variables if "kernel" in v.name]
  kernel.assign(tf.zeros_like(kernel))
  x = INPUTS["batch_norm"]["x"]
  for training in (False, True):
    out = call(loaded, {"x": x}, training=training)["default"]
    np.testing.assert_array_equal(out, np.zeros([5, 3]))
  out = loaded.signatures["other"](tf.constant(x))["default"]
  np.testing.assert_array_equal(out, np.zeros([5, 3]))
  assert [loss().numpy() for loss in loaded.regularization_losses] == [0.0]


@pytest.mark.parametrize("name", ["batch_norm", "text", "tokens"])
def test_it_is_saved_again_after_training(converted, name, tmp_path):
  loaded = v2.saved_model.load(converted(name)[1])
  for variable in loaded.trainable_variables:
    variable.assign_add(tf.ones_like(variable))
  path = str(tmp_path / "again")
  v2.saved_model.save(loaded, path, loaded.signatures)
  again = v2.saved_model.load(path)
  for training in (False, True):
    expected, got = (
      call(given, INPUTS[name], training=training) for given in (loaded, again)
    )
    assert_close(
      {k: v.numpy() for k, v in got.items()},
      {k: v.numpy() for k, v in expected.items()},
    )
  assert len(again.trainable_variables) == len(
    v2.saved_model.load(converted(name)[1]).trainable_variables
  )


def test_it_works_without_the_files_of_the_module(converted, tmp_path):
  module = shutil.copytree(converted("text")[0], tmp_path / "m")
  path = converting.convert(tmp_path / "tf2", str(module))
  shutil.rmtree(module)
  moved = shutil.move(path, tmp_path / "moved")
  loaded = v2.saved_model.load(str(moved))
  expected = v2.saved_model.load(converted("text")[1])
  for given in (loaded, expected):
    assert given(tf.constant(["good film"])).shape == (1, 4)
  np.testing.assert_array_equal(
    loaded(tf.constant(["good film"])), expected(tf.constant(["good film"]))
  )
