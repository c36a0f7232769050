"""Verification of a network as deep as Inception, with random weights."""

import numpy as np
import pytest

from hub_estimator import exporting, optimizers, runs, testing
from hub_estimator.exporting import comparison, variables, verification
from hub_estimator.tensorflow_runtime import hub, tf
from tests.exporting.small_exports import (
  Run,
  copy_version,
  read_examples,
  read_live_graph,
  replace_variables,
)
from tests.small_runs import make_regression

COVERS = ("comparison",)
pytestmark = pytest.mark.slow

_LAYERS = 94  # Convolutions with batch norm, as in InceptionV3.
_EVERY = 8
_WIDTH = 32


def _network(images, variable):
  """Returns the outputs of all endpoints, and the mean of the last one.

  Args:
    images: [batch, 16, 16, 3].
    variable: takes a name, a shape and an initializer.
  """
  x, endpoints = images, {}
  for layer in range(_LAYERS):
    kernel = variable(
      f"layer_{layer}/kernel",
      [3, 3, x.shape[-1], _WIDTH],
      tf.initializers.variance_scaling(2.0),
    )
    beta, gamma, mean, variance = (
      variable(f"layer_{layer}/{name}", [_WIDTH], start())
      for name, start in (
        ("beta", tf.zeros_initializer),
        ("gamma", tf.ones_initializer),
        ("moving_mean", tf.zeros_initializer),
        ("moving_variance", tf.ones_initializer),
      )
    )
    x = tf.nn.conv2d(x, kernel, strides=1, padding="SAME")
    x = tf.nn.batch_normalization(x, mean, variance, beta, gamma, 1e-3)
    x = tf.nn.relu(x)
    if layer % _EVERY == _EVERY - 1:
      endpoints[f"Mixed_{layer}"] = x
  return {"default": tf.reduce_mean(x, [1, 2]), **endpoints}


def _deep_module(path):
  def module_fn():
    images = tf.placeholder(tf.float32, [None, 16, 16, 3])
    outputs = _network(
      images,
      lambda name, shape, start: tf.get_variable(
        name, shape, initializer=start
      ),
    )
    hub.add_signature(inputs={"images": images}, outputs=outputs)

  return testing.export_module(str(path), module_fn)


@pytest.fixture(scope="module")
def deep_run(tmp_path_factory):
  path = tmp_path_factory.mktemp("deep")
  rng = np.random.default_rng(0)
  images = rng.uniform(size=(24, 16, 16, 3)).astype(np.float32)
  np.savez(path / "x.npz", x=images, y=np.arange(24) % 2)
  experiment = make_regression(
    _deep_module(path / "module"),
    str(path / "x.npz"),
    # Without the slots of Adam, and one export of two checkpoints: hundreds of
    # variables take long.
    optimizer=optimizers.SGD(1e-3),
    exports=exporting.Exports(["final"]),
    max_steps=2,
    eval_every_steps=1,
    batch_size=8,
  )
  result = runs.train(experiment, str(path / "run"))
  return Run(path / "run", experiment, result, "final")


def _verify(run, version, live):
  verification.verify(
    live,
    model=version.model,
    modules=version.modules,
    examples=read_examples(run),
  )


def test_a_deep_network_with_random_weights_exports(deep_run):
  assert "error" not in deep_run.result.exports["final"]


def test_both_bounds_are_far_above_the_roundings_of_so_many_layers(deep_run):
  """Sums in float64 round nothing: they differ from the module's by its roundings."""
  images = np.random.default_rng(1).uniform(0, 255, size=(8, 16, 16, 3))
  handle = deep_run.experiment.encoder.module.handle
  weights = variables.read_tensors(variables.variables_prefix(handle))
  with tf.Graph().as_default(), tf.Session() as session:
    rounded = hub.Module(handle)(images.astype(np.float32), as_dict=True)
    exact = _network(
      images, lambda name, shape, start: weights[name].astype(np.float64)
    )
    session.run(tf.global_variables_initializer())
    rounded, exact = session.run((rounded, exact))
  refused = 0
  for name, expected in exact.items():
    refused += not np.allclose(rounded[name], expected, rtol=1e-4, atol=1e-5)
    difference = np.abs(rounded[name] - expected).max()
    assert (
      difference < comparison.bound(tf.float32, read=True) * expected.max() / 4
    )
  assert refused > 5  # By the absolute bound of old, whatever their values.


def test_a_variable_that_changed_a_little_is_found(deep_run, tmp_path):
  live, version = read_live_graph(deep_run), copy_version(deep_run, tmp_path)

  def change(tensors):
    tensors["layer_40/gamma"][3] *= np.float32(1 + 1e-6)

  replace_variables(version.modules / "module", change)
  with pytest.raises(
    verification.VerificationError, match="variable layer_40/gamma differs"
  ):
    _verify(deep_run, version, live)


def test_another_checkpoint_is_found(deep_run, tmp_path):
  live = read_live_graph(deep_run, checkpoint="1")
  with pytest.raises(
    verification.VerificationError, match="output '.*' differs"
  ):
    _verify(deep_run, copy_version(deep_run, tmp_path), live)
