import inspect

import numpy as np
import pytest

from hub_estimator import converting, testing
from hub_estimator.converting.calling import python_name
from hub_estimator.tensorflow_runtime import hub, tf

v2 = tf.compat.v2
X = np.arange(8, dtype=np.float32).reshape(2, 4)
WEIGHTS = np.float32([1, 2, 3, 4])


def _load(converted, name):
  return v2.saved_model.load(converted(name)[1])


def test_one_input_is_a_tensor_and_the_default_output_too(converted):
  loaded = _load(converted, "dense")
  assert loaded(tf.constant(X)).shape == (2, 3)
  assert str(inspect.signature(loaded.__call__)) == "(inputs, training=False)"


def test_outputs_without_a_default_are_a_dict(converted):
  ids = tf.constant([[2, 4]])
  given = {
    name: tf.ones_like(ids)
    for name in ("input_ids", "input_mask", "segment_ids")
  }
  assert set(_load(converted, "tokens")(given)) == {
    "pooled_output",
    "sequence_output",
  }


def test_hyperparameters_keep_their_defaults(converted):
  loaded = _load(converted, "hyperparameters")
  given = {"x": tf.constant(X), "weights": tf.constant(WEIGHTS)}
  np.testing.assert_allclose(loaded(given), X * WEIGHTS + 1.0)
  np.testing.assert_allclose(loaded(given, training=True), X * WEIGHTS + 0.25)
  np.testing.assert_allclose(
    loaded(given, training=True, rate=0.5), X * WEIGHTS + 0.5
  )


def test_all_outputs_come_as_a_dict_if_asked_for(converted):
  loaded = _load(converted, "hyperparameters")
  given = {"x": tf.constant(X), "weights": tf.constant(WEIGHTS)}
  outputs = loaded(given, as_dict=True)
  assert set(outputs) == {"default", "doubled", "size"}
  np.testing.assert_array_equal(outputs["doubled"], 2 * outputs["default"])
  np.testing.assert_array_equal(outputs["default"], loaded(given))


def test_each_mode_is_a_function_of_its_own(converted):
  loaded = _load(converted, "batch_norm")
  moving = next(v for v in loaded.variables if "moving_mean" in v.name)
  before = moving.numpy()
  np.testing.assert_array_equal(
    loaded.serve(tf.constant(X)), loaded(tf.constant(X))
  )
  np.testing.assert_array_equal(moving.numpy(), before)
  trained = loaded.train(tf.constant(X))
  assert not np.array_equal(moving.numpy(), before)
  np.testing.assert_array_equal(trained, loaded(tf.constant(X), training=True))


def test_a_name_that_no_argument_can_have_is_kept_in_the_call(tmp_path):
  def module_fn():
    inputs = {
      name: tf.placeholder(tf.float32, [None])
      for name in ("a$x", "class", "_y")
    }
    scale = tf.get_variable("scale", initializer=tf.constant(2.0))
    hub.add_signature(
      inputs=inputs,
      outputs=scale * inputs["a$x"] + 10 * inputs["class"] + inputs["_y"],
    )

  module = testing.export_module(str(tmp_path / "m"), module_fn)
  loaded = v2.saved_model.load(converting.convert(tmp_path / "tf2", module))
  one = tf.constant([1.0])
  out = loaded({"a$x": one, "class": 2 * one, "_y": 3 * one})
  assert out.numpy().tolist() == [25.0]
  named = loaded.signatures["default"](a_x=one, class_=2 * one, arg__y=3 * one)
  assert named["default"].numpy().tolist() == [25.0]


@pytest.mark.parametrize(
  "name, argument",
  [("x", "x"), ("a$b", "a_b"), ("1", "arg_1"), ("", "arg_"), ("in", "in_")],
)
def test_names_of_arguments(name, argument):
  assert python_name(name) == argument
