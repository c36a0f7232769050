import numpy as np
import pytest
import tensorflow

from hub_estimator import exporting, modules, runs
from hub_estimator.errors import UserError
from hub_estimator.modules import read_module_info
from hub_estimator.tensorflow_runtime import estimator, hub, tf
from tests import small_runs
from tests.modules.saved_models.small_saved_models import (
  apply_module,
  save_module,
)

MODES = estimator.ModeKeys


def test_the_call_gives_the_outputs_of_tensorflow_2(keras):
  x = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
  expected = tensorflow.saved_model.load(keras)(x, training=False).numpy()
  np.testing.assert_allclose(
    apply_module(keras, x)["default"], expected, rtol=1e-5, atol=1e-6
  )
  served = apply_module(keras, x, "serving_default")
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


@pytest.mark.slow
def test_a_run_trains_one_and_exports_a_verified_tf1_module(
  keras, numbers_npz, tmp_path
):
  experiment = small_runs.make_experiment(
    keras, numbers_npz, exports=exporting.Exports(kinds=["final"])
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  (module,) = (tmp_path / "run/export/final/module").glob("*/module")
  assert (module / "tfhub_module.pb").exists()
  assert result.exports["final"]
  x = np.load(numbers_npz)["x"]
  with tf.Graph().as_default(), tf.Session() as session:
    output = hub.Module(str(module))(x)
    session.run(tf.global_variables_initializer())
    moved = session.run(output)
  assert np.abs(moved - apply_module(keras, x)["default"]).max() > 1e-3


def test_python_code_in_a_saved_model_is_refused(tmp_path):
  def double(_, x):
    return tensorflow.ensure_shape(
      tensorflow.py_function(lambda v: v * 2, [x], tensorflow.float32), [None]
    )

  spec = tensorflow.TensorSpec([None], tensorflow.float32, "x")
  path = save_module(tmp_path / "python", double, spec)
  with pytest.raises(UserError, match=r"runs Python code \(EagerPyFunc\)"):
    read_module_info(path)
