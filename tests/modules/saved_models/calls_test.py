import numpy as np
import pytest
import tensorflow

from hub_estimator import modules
from hub_estimator.errors import UserError
from hub_estimator.modules import read_module_info
from hub_estimator.tensorflow_runtime import estimator, tf
from tests.modules.saved_models.small_saved_models import (
  apply_module,
  save_module,
)

MODES = estimator.ModeKeys


def test_inputs_and_outputs_by_name_or_in_a_list_keep_their_places(tmp_path):
  spec = tensorflow.TensorSpec([None], tensorflow.float32)
  by_name = save_module(
    tmp_path / "by_name",
    lambda _, x: {"sum": x["a"] + x["b"], "all": [x["a"], x["b"]]},
    {"a": spec, "b": spec},
  )
  got = apply_module(by_name, {"a": [1.0], "b": [2.0]})
  assert {k: v.tolist() for k, v in got.items()} == {
    "sum": [3.0],
    "all_0": [1.0],
    "all_1": [2.0],
  }
  listed = save_module(
    tmp_path / "listed", lambda _, x: x[0] - x[1], [spec, spec]
  )
  got = apply_module(listed, {"input_0": [1.0], "input_1": [3.0]})
  assert got["default"].tolist() == [-2.0]


def test_nested_inputs_and_outputs_are_named_by_keys_and_places(tmp_path):
  spec = tensorflow.TensorSpec([None], tensorflow.float32)
  path = save_module(
    tmp_path / "m",
    lambda _, x: {
      "out": {"b": x["a"]["l"] - x["a"]["r"][0], "c": (x["b"], [x["a"]["l"]])},
      "nothing": None,
    },
    {"b": spec, "a": {"r": [spec], "l": spec}},
  )
  got = apply_module(path, {"a_l": [5.0], "a_r_0": [2.0], "b": [7.0]})
  assert {k: v.tolist() for k, v in got.items()} == {
    "out_b": [3.0],
    "out_c_0": [7.0],
    "out_c_1_0": [5.0],
  }


def test_many_inputs_in_a_list_and_in_it_keep_their_places(tmp_path):
  spec = tensorflow.TensorSpec([None], tensorflow.float32)
  path = save_module(
    tmp_path / "m",
    lambda _, x: x[0] + 2.0 * x[2] + 10.0 * x[10] + 100.0 * x[11]["k"],
    [*[spec] * 11, {"k": spec}],
  )
  given = {f"input_{i}": [float(i)] for i in range(11)}
  got = apply_module(path, {**given, "input_11_k": [3.0]})
  assert got["default"].tolist() == [0.0 + 4.0 + 100.0 + 300.0]


def test_tensors_that_would_share_a_name_are_refused(tmp_path):
  spec = tensorflow.TensorSpec([None], tensorflow.float32)
  inputs = save_module(
    tmp_path / "inputs",
    lambda _, x: x["a_b"] + x["a"]["b"],
    {"a": {"b": spec}, "a_b": spec},
  )
  outputs = save_module(
    tmp_path / "outputs", lambda _, x: {"a": {"b": x}, "a_b": 2.0 * x}, spec
  )
  for path in (inputs, outputs):
    with pytest.raises(
      UserError, match="two of its tensors would be named 'a_b'"
    ):
      read_module_info(path)


def test_bools_halves_strings_volumes_and_unknown_ranks_pass(tmp_path):
  types = tensorflow.bool, tensorflow.bfloat16, tensorflow.string
  flag, half, text = (tensorflow.TensorSpec([None], t) for t in types)
  path = save_module(
    tmp_path / "m",
    lambda _, x: {
      "flag": tensorflow.logical_not(x["flag"]),
      "half": x["half"] * 2.0,
      "text": tensorflow.strings.upper(x["text"]),
      "volume": x["volume"] + 1.0,
      "any": x["any"] * 2.0,
      "scalar": tensorflow.reduce_sum(x["volume"]),
    },
    {
      "flag": flag,
      "half": half,
      "text": text,
      "volume": tensorflow.TensorSpec([None, 2, 2, 2, 1]),
      "any": tensorflow.TensorSpec(None),
    },
  )
  info = read_module_info(path)
  assert info.signature("default").inputs["any"].shape is None
  got = apply_module(
    path,
    {
      "flag": [True],
      "half": np.array([1.5], tf.bfloat16.as_numpy_dtype),
      "text": ["ab"],
      "volume": np.ones([1, 2, 2, 2, 1], np.float32),
      "any": [[[3.0]]],
    },
  )
  assert got["flag"].tolist() == [False]
  assert got["half"].dtype.name == "bfloat16" and float(got["half"][0]) == 3.0
  assert got["text"].tolist() == [b"AB"]
  assert (got["volume"] == 2.0).all() and got["volume"].ndim == 5
  assert got["any"].tolist() == [[[6.0]]] and got["scalar"] == 8.0


def test_without_a_call_a_signature_becomes_the_default(tmp_path):
  module = tensorflow.Module()
  module.w = tensorflow.Variable(2.0, name="w")

  @tensorflow.function(
    input_signature=[tensorflow.TensorSpec([None], tensorflow.float32, "x")]
  )
  def serve(x):
    for _ in tensorflow.range(2):
      x = x * module.w
    return {"y": x}

  path = str(tmp_path / "served")
  tensorflow.saved_model.save(module, path, signatures=serve)
  assert apply_module(path, [3.0])["y"].tolist() == [12.0]
  info = read_module_info(path)
  with tf.Graph().as_default(), tf.Session() as session:
    placed = modules.place(info, modules.ModuleSource(path), mode=MODES.TRAIN)
    outputs, _ = placed.apply({"x": tf.constant([3.0])})
    (gradient,) = tf.gradients(outputs["y"], placed.trainable_variables)
    session.run(tf.global_variables_initializer())
    assert session.run(gradient) == 12.0


def test_the_models_call_wins_over_a_signature_default(tmp_path):
  class Model(tensorflow.Module):
    @tensorflow.function(
      input_signature=[
        tensorflow.TensorSpec([None], tensorflow.float32, "x"),
        tensorflow.TensorSpec([], tensorflow.bool, "training"),
      ]
    )
    def call(self, x, training):
      return tensorflow.cond(training, lambda: x * 2.0, lambda: x)

    @tensorflow.function
    def __call__(self, x, training=False):
      return self.call(x, training)

  model, path = Model(), str(tmp_path / "model")
  spec = tensorflow.TensorSpec([None], tensorflow.float32, "x")
  infer = model.__call__.get_concrete_function(spec, training=False)
  model.__call__.get_concrete_function(spec, training=True)
  tensorflow.saved_model.save(model, path, signatures={"default": infer})
  assert apply_module(path, [3.0])["default"].tolist() == [3.0]
  got = apply_module(path, [3.0], tags=("train",))["default"]
  assert got.tolist() == [6.0]
