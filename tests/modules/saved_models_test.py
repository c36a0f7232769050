"""TF2 SavedModels are used, trained and exported as TF1 Hub modules."""

import os
import shutil

import numpy as np
import pytest
import tensorflow

from hub_estimator import exporting, handles, modules
from hub_estimator.errors import UserError
from hub_estimator.modules import saved_models
from hub_estimator.modules.module_info import read_module_info
from hub_estimator.runs import experiment as experiments
from hub_estimator.tensorflow_runtime import estimator, hub, tf
from tests import small_runs as runs

MODES = estimator.ModeKeys


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))
  return tmp_path / "cache"


@pytest.fixture(scope="session")
def keras(tmp_path_factory) -> str:
  """A Keras model with batch norm, dropout, swish and a kernel regularizer."""
  layers = tensorflow.keras.layers
  tensorflow.keras.utils.set_random_seed(1)
  model = tensorflow.keras.Sequential(
    [
      layers.InputLayer([4], name="x"),
      layers.Dense(
        3, kernel_regularizer=tensorflow.keras.regularizers.l2(0.01)
      ),
      layers.BatchNormalization(momentum=0.9),
      layers.Activation(tensorflow.nn.silu),
      layers.Dropout(0.5),
      layers.Dense(2, name="embedding"),
    ]
  )
  path = str(tmp_path_factory.mktemp("saved") / "keras")
  tensorflow.saved_model.save(model, path)
  return path


def _module(path, function, *specs, **attributes) -> str:
  """Saves a tf.Module that calls `function(module, ...)`; returns `path`."""
  module = tensorflow.Module()
  for name, value in attributes.items():
    setattr(module, name, value)
  module.__call__ = tensorflow.function(
    lambda *tensors: function(module, *tensors), input_signature=specs
  )
  tensorflow.saved_model.save(module, str(path))
  return str(path)


def _gather(tmp_path) -> str:
  words = tmp_path / "words.txt"
  words.write_text("good\nbad\nfilm\n")
  table = tensorflow.lookup.StaticVocabularyTable(
    tensorflow.lookup.TextFileInitializer(
      str(words),
      tensorflow.string,
      tensorflow.lookup.TextFileIndex.WHOLE_LINE,
      tensorflow.int64,
      tensorflow.lookup.TextFileIndex.LINE_NUMBER,
    ),
    1,
  )
  values = np.random.default_rng(1).normal(size=(4, 5)).astype(np.float32)

  def embed(module, sentences):
    tokens = tensorflow.strings.split(sentences)
    ids = tokens.with_flat_values(module.table.lookup(tokens.flat_values))
    return tensorflow.reduce_sum(
      tensorflow.gather(module.embeddings, ids), axis=1
    )

  path = _module(
    tmp_path / "text",
    embed,
    tensorflow.TensorSpec([None], tensorflow.string),
    table=table,
    embeddings=tensorflow.Variable(values, name="embeddings"),
  )
  words.unlink()
  return path


def _apply(handle, inputs, signature="default", tags=()):
  info = read_module_info(handle)
  with tf.Graph().as_default(), tf.Session() as session:
    module = hub.Module(info.spec, tags=set(tags))
    outputs = module(inputs, signature=signature, as_dict=True)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run(outputs)


def test_the_call_gives_what_it_gives_in_tensorflow_2(keras):
  x = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
  expected = tensorflow.saved_model.load(keras)(x, training=False).numpy()
  np.testing.assert_allclose(
    _apply(keras, x)["default"], expected, rtol=1e-5, atol=1e-6
  )
  served = _apply(keras, x, "serving_default")
  np.testing.assert_allclose(
    served["embedding"], expected, rtol=1e-5, atol=1e-6
  )


def test_variants_losses_updates_and_variables_are_those_of_a_tf1_module(keras):
  info = read_module_info(keras)
  assert set(info.variants) == {frozenset(), frozenset({"train"})}
  train = info.variant({"train"})
  assert len(train.regularization_losses) == 1
  assert len(train.update_ops) == 2 and not info.variant().update_ops
  frozen = {n for n, v in train.variables.items() if not v.trainable}
  assert {n.rsplit("/", 1)[-1] for n in frozen} == {
    "moving_mean",
    "moving_variance",
  }
  assert set(train.signatures) == {"default", "serving_default"}
  assert info.signature("default").outputs["default"].shape == (None, 2)


def test_training_mode_loss_gradients_and_updates_are_those_of_tensorflow_2(
  keras,
):
  x = np.random.default_rng(0).normal(size=(64, 4)).astype(np.float32)
  loaded = tensorflow.saved_model.load(keras)
  with tensorflow.GradientTape() as tape:
    (loss,) = [f() for f in loaded.regularization_losses]
    # Without training, as dropout draws differently.
    loss += tensorflow.reduce_sum(loaded(x, training=False) ** 2)
  gradients = tape.gradient(loss, loaded.trainable_variables)
  expected = {
    v.name: g.numpy()
    for v, g in zip(loaded.trainable_variables, gradients, strict=True)
  }
  loaded(x, training=True)
  moved = {v.name: v.numpy() for v in loaded.variables if "moving" in v.name}

  info = read_module_info(keras)
  source = modules.ModuleSource(keras, tags=[])
  with tf.Graph().as_default(), tf.Session() as session:
    placed = modules.place(info, source, mode=MODES.TRAIN)
    outputs, _ = placed.apply({"x": tf.constant(x)})
    (regularization,) = placed.regularization_losses
    total = regularization + tf.reduce_sum(outputs["default"] ** 2)
    variables = placed.trainable_variables
    session.run(tf.global_variables_initializer())
    got = session.run(tf.gradients(total, variables))
    names = [v.name.removeprefix("module/") for v in variables]
  assert set(names) == set(expected)
  for name, gradient in zip(names, got, strict=True):
    np.testing.assert_allclose(gradient, expected[name], rtol=1e-4, atol=1e-5)

  with tf.Graph().as_default(), tf.Session() as session:
    tf.set_random_seed(1)
    placed = modules.place(info, modules.ModuleSource(keras), mode=MODES.TRAIN)
    outputs, updates = placed.apply({"x": tf.constant(x)})
    session.run(tf.global_variables_initializer())
    session.run([outputs["default"], updates])
    values = session.run({v.name: v for v in placed.variables})
  for name, value in moved.items():
    np.testing.assert_allclose(value, values[f"module/{name}"], rtol=1e-4)


def test_dropout_draws_anew_each_step_and_the_same_in_each_run(keras):
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


def test_tables_and_assets_survive_the_saved_model(tmp_path):
  path = _gather(tmp_path)
  sentences = np.array([b"good film", b"unknown", b""])
  expected = tensorflow.saved_model.load(path)(sentences).numpy()
  read_module_info(path)
  converted = read_module_info(path).path
  shutil.rmtree(path)
  with tf.Graph().as_default(), tf.Session() as session:
    output = hub.Module(converted)(sentences)
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    np.testing.assert_allclose(session.run(output), expected, rtol=1e-6)


@pytest.mark.slow
def test_a_run_trains_one_and_exports_a_verified_tf1_module(
  keras, numbers_npz, tmp_path
):
  experiment = runs.make_experiment(
    keras, numbers_npz, exports=exporting.Exports(kinds=["final"])
  )
  result = experiments.train(experiment, str(tmp_path / "run"))
  (module,) = (tmp_path / "run/export/final/module").glob("*/module")
  assert (module / "tfhub_module.pb").exists()
  assert result.exports["final"]
  x = np.load(numbers_npz)["x"]
  with tf.Graph().as_default(), tf.Session() as session:
    output = hub.Module(str(module))(x)
    session.run(tf.global_variables_initializer())
    moved = session.run(output)
  assert np.abs(moved - _apply(keras, x)["default"]).max() > 1e-3


def test_inputs_and_outputs_by_name_or_in_a_list_keep_their_places(tmp_path):
  spec = tensorflow.TensorSpec([None], tensorflow.float32)
  by_name = _module(
    tmp_path / "by_name",
    lambda _, x: {"sum": x["a"] + x["b"], "all": [x["a"], x["b"]]},
    {"a": spec, "b": spec},
  )
  got = _apply(by_name, {"a": [1.0], "b": [2.0]})
  assert {k: v.tolist() for k, v in got.items()} == {
    "sum": [3.0],
    "all_0": [1.0],
    "all_1": [2.0],
  }
  listed = _module(tmp_path / "listed", lambda _, x: x[0] - x[1], [spec, spec])
  got = _apply(listed, {"input_0": [1.0], "input_1": [3.0]})
  assert got["default"].tolist() == [-2.0]


def test_signatures_alone_make_the_default_one(tmp_path):
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
  assert _apply(path, [3.0])["y"].tolist() == [12.0]
  info = read_module_info(path)
  with tf.Graph().as_default(), tf.Session() as session:
    placed = modules.place(info, modules.ModuleSource(path), mode=MODES.TRAIN)
    outputs, _ = placed.apply({"x": tf.constant([3.0])})
    (gradient,) = tf.gradients(outputs["y"], placed.trainable_variables)
    session.run(tf.global_variables_initializer())
    assert session.run(gradient) == 12.0


def test_gradients_that_a_tf1_module_cannot_hold_are_refused(tmp_path):
  @tensorflow.custom_gradient
  def reverse(x):
    return tensorflow.identity(x), lambda upstream: -upstream

  path = _module(
    tmp_path / "reversed",
    lambda module, x: reverse(x * module.w),
    tensorflow.TensorSpec([None], tensorflow.float32, "x"),
    w=tensorflow.Variable(2.0, name="w"),
  )
  with pytest.raises(UserError, match="defines gradients in Python, that of w"):
    read_module_info(path)


def test_python_code_in_a_saved_model_is_refused(tmp_path):
  def double(_, x):
    return tensorflow.ensure_shape(
      tensorflow.py_function(lambda v: v * 2, [x], tensorflow.float32), [None]
    )

  spec = tensorflow.TensorSpec([None], tensorflow.float32, "x")
  path = _module(tmp_path / "python", double, spec)
  with pytest.raises(UserError, match=r"runs Python code \(EagerPyFunc\)"):
    read_module_info(path)


def test_a_damaged_saved_model_gets_one_line_and_leaves_nothing(
  keras, tmp_path, cache
):
  broken = tmp_path / "broken"
  shutil.copytree(keras, broken)
  (data,) = (broken / "variables").glob("*.data*")
  data.write_bytes(data.read_bytes()[:10])
  with pytest.raises(UserError, match="variables hold 10 bytes of ") as e:
    read_module_info(str(broken))
  assert "\n" not in str(e.value)
  assert not list(cache.rglob("*/*"))


def test_it_is_converted_once_and_again_after_a_change(keras, tmp_path, cache):
  def convert(path):
    return saved_models.convert(handles.resolve(str(path)))

  source = tmp_path / "copy"
  shutil.copytree(keras, source)
  first = convert(source)
  before = os.stat(first).st_mtime_ns
  assert convert(keras) == first
  assert os.stat(first).st_mtime_ns == before
  graph = source / "saved_model.pb"
  graph.write_bytes(graph.read_bytes() + b"\xfa\x3f\x00")  # An unknown field.
  assert convert(source) != first
  assert len(list((cache / "hub_estimator_saved_models").iterdir())) == 2
