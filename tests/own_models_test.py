"""A VAE, a likelihood and a triplet loss run as `models.function`.

Each is trained, resumed to the same bits, and exported as the modules of which plain
`hub.Module` and NumPy make the same loss again.
"""

import numpy as np
import pytest

from hub_estimator import exporting, inputs, runs
from hub_estimator.experiments import Experiment
from hub_estimator.model import models
from hub_estimator.tensorflow_runtime import estimator, hub, tf
from tests import user_code
from tests.small_runs import replace

WIDTH, CODE = 6, 2


def _module(module_fn, name, mode):
  module = hub.Module(
    hub.create_module_spec(module_fn),
    name=name,
    trainable=mode == estimator.ModeKeys.TRAIN,
  )
  hub.register_module_for_export(module, name)
  return module


def _dense(x, units, name):
  return tf.layers.dense(
    x,
    units,
    name=name,
    kernel_initializer=tf.glorot_uniform_initializer(seed=1),
  )


def _spec(mode, loss, predictions, **metrics):
  if mode == estimator.ModeKeys.PREDICT:
    return estimator.EstimatorSpec(mode, predictions)
  if mode == estimator.ModeKeys.EVAL:
    means = {name: tf.metrics.mean(value) for name, value in metrics.items()}
    return estimator.EstimatorSpec(mode, loss=loss, eval_metric_ops=means)
  train_op = tf.train.AdamOptimizer(0.05).minimize(
    loss, global_step=tf.train.get_global_step()
  )
  return estimator.EstimatorSpec(mode, loss=loss, train_op=train_op)


def _vae_encoder():
  x = tf.placeholder(tf.float32, [None, WIDTH])
  hub.add_signature(
    inputs=x,
    outputs={
      "mean": _dense(x, CODE, "mean"),
      "log_variance": _dense(x, CODE, "log_variance"),
    },
  )


def _vae_decoder():
  code = tf.placeholder(tf.float32, [None, CODE])
  hub.add_signature(inputs=code, outputs=_dense(code, WIDTH, "x"))


def vae(features, mode):
  """Kingma and Welling 2013, with a decoder of variance 1."""
  x = features["x"]
  encoder = _module(_vae_encoder, "encoder", mode)
  decoder = _module(_vae_decoder, "decoder", mode)
  code = encoder(x, as_dict=True)
  mean, log_variance = code["mean"], code["log_variance"]
  z = mean
  if mode == estimator.ModeKeys.TRAIN:  # A draw that a resumed run repeats.
    seed = tf.stack([7, tf.cast(tf.train.get_global_step(), tf.int32)])
    noise = tf.random.stateless_normal(tf.shape(mean), seed)
    z += tf.exp(log_variance / 2) * noise
  restored = decoder(z)
  error = tf.reduce_sum(tf.square(restored - x), axis=1) / 2
  divergence = -0.5 * tf.reduce_sum(
    1 + log_variance - tf.square(mean) - tf.exp(log_variance), axis=1
  )
  loss = tf.reduce_mean(error + divergence)
  predictions = {"code": mean, "restored": restored}
  return _spec(mode, loss, predictions, divergence=divergence)


def _vae_in_numpy(modules, columns):
  x = columns["x"]
  code = {
    name: _apply(modules / "encoder", x, output=name)
    for name in ("mean", "log_variance")
  }
  restored = _apply(modules / "decoder", code["mean"])
  error = ((restored - x) ** 2).sum(axis=1) / 2
  mean, log_variance = code["mean"], code["log_variance"]
  divergence = (np.exp(log_variance) + mean**2 - 1 - log_variance).sum(1) / 2
  return (error + divergence).mean()


def _normal():
  x = tf.placeholder(tf.float32, [None, WIDTH])
  mean = tf.get_variable("mean", [WIDTH], initializer=tf.zeros_initializer())
  log = tf.get_variable("log", [WIDTH], initializer=tf.zeros_initializer())
  squares = tf.square((x - mean) / tf.exp(log))
  density = -0.5 * squares - log - 0.5 * np.log(2 * np.pi).astype(np.float32)
  hub.add_signature(inputs=x, outputs={"loss": -tf.reduce_sum(density, axis=1)})


def likelihood(features, mode):
  """A module whose own output is the loss: a normal distribution's."""
  module = _module(_normal, "density", mode)
  losses = module(features["x"], as_dict=True)["loss"]
  return _spec(mode, tf.reduce_mean(losses), {"loss": losses})


def _likelihood_in_numpy(modules, columns):
  x = columns["x"]
  losses = _apply(modules / "density", x, output="loss")
  variables = str(modules / "density" / "variables" / "variables")
  mean, log = (tf.train.load_variable(variables, n) for n in ("mean", "log"))
  squares = ((x - mean) / np.exp(log)) ** 2
  expected = (squares / 2 + log + np.log(2 * np.pi) / 2).sum(axis=1)
  np.testing.assert_allclose(losses, expected, rtol=1e-4)
  return expected.mean()


def _patch_fn():
  x = tf.placeholder(tf.float32, [None, WIDTH])
  vectors = tf.nn.l2_normalize(_dense(x, CODE, "dense"), axis=1)
  hub.add_signature(inputs=x, outputs=vectors)


def triplet(features, mode):
  """An anchor, a neighbour and a stranger, by one module; serves the anchor."""
  module = _module(_patch_fn, "patch", mode)
  anchor = module(features["x"])
  if mode == estimator.ModeKeys.PREDICT:
    return _spec(mode, None, {"vector": anchor})
  near, far = (
    tf.reduce_sum(tf.square(anchor - module(features[name])), axis=1)
    for name in ("near", "far")
  )
  losses = tf.nn.relu(near - far + 0.5)
  right = tf.cast(near < far, tf.float32)
  return _spec(mode, tf.reduce_mean(losses), {"vector": anchor}, right=right)


def _triplet_in_numpy(modules, columns):
  anchor, near, far = (
    _apply(modules / "patch", columns[name]) for name in ("x", "near", "far")
  )
  distances = [((anchor - other) ** 2).sum(axis=1) for other in (near, far)]
  return np.maximum(distances[0] - distances[1] + 0.5, 0).mean()


def _apply(path, inputs, output="default"):
  with tf.Graph().as_default(), tf.Session() as session:
    outputs = hub.Module(str(path))(inputs, as_dict=True)[output]
    session.run(tf.global_variables_initializer())
    return session.run(outputs)


CASES = {
  "vae": (vae, _vae_in_numpy, ["x"], {"encoder", "decoder"}),
  "likelihood": (likelihood, _likelihood_in_numpy, ["x"], {"density"}),
  "triplet": (triplet, _triplet_in_numpy, ["x", "near", "far"], {"patch"}),
}


@pytest.fixture(scope="module")
def columns():
  """96 examples around one of two centers; `far` is around the other."""
  rng = np.random.default_rng(0)
  centers = rng.normal(size=(2, WIDTH)) * 2
  side = rng.integers(0, 2, 96)
  return {
    name: (centers[which] + rng.normal(size=(96, WIDTH))).astype(np.float32)
    for name, which in (("x", side), ("near", side), ("far", 1 - side))
  }


def _experiment(name, columns, folder):
  function, _, features, _ = CASES[name]
  np.savez(folder / "data.npz", **columns)
  source = inputs.Npz(str(folder / "data.npz"), features=features, label=None)
  return Experiment(
    model=models.Function(function),
    train_input=source,
    eval_input=source,
    max_steps=40,
    batch_size=16,
    eval_every_steps=20,
    eval_batch_size=96,
    exports=exporting.Exports(kinds=["latest"]),
  )


@pytest.mark.parametrize("name", list(CASES))
def test_it_is_trained_resumed_and_exported(name, columns, tmp_path):
  experiment = _experiment(name, columns, tmp_path)
  first = runs.train(replace(experiment, max_steps=20), tmp_path / "run")
  result = runs.train(experiment, tmp_path / "run")
  assert result.metrics["loss"] < first.metrics["loss"]
  whole = replace(experiment, exports=exporting.Exports(kinds=[]))
  runs.train(whole, tmp_path / "whole")
  for variable, _ in tf.train.list_variables(str(tmp_path / "whole")):
    np.testing.assert_array_equal(
      tf.train.load_variable(str(tmp_path / "run"), variable),
      tf.train.load_variable(str(tmp_path / "whole"), variable),
      err_msg=variable,
    )
  export = result.exports["latest"]
  assert "error" not in export
  modules = tmp_path / "run" / export["module"]
  _, in_numpy, _, exported = CASES[name]
  assert {path.name for path in modules.iterdir() if path.is_dir()} == exported
  assert in_numpy(modules, columns) == pytest.approx(
    result.metrics["loss"], rel=1e-4
  )


def test_a_triplet_serves_the_anchor_alone(columns, tmp_path):
  experiment = _experiment("triplet", columns, tmp_path)
  result = runs.train(experiment, tmp_path / "run")
  assert result.metrics["right"] > 0.9
  predicted = runs.predict(
    tmp_path / "run", {"x": columns["x"][:5]}, experiment=experiment
  )
  patch = tmp_path / "run" / result.exports["latest"]["module"] / "patch"
  np.testing.assert_allclose(
    predicted["vector"],
    user_code.apply(patch, columns["x"][:5]),
    rtol=1e-4,
    atol=1e-6,
  )
