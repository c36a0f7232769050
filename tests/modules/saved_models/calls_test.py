import tensorflow

from hub_estimator import modules
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
