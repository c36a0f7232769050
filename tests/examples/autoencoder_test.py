"""The exported encoder and decoder are chained again, with the error that was measured."""

import numpy as np
import pytest

import hub_estimator.experiments  # noqa: F401  Registers the parts.
from hub_estimator import config, runs
from hub_estimator.tensorflow_runtime import hub, tf

pytestmark = pytest.mark.slow


def test_plain_hub_chains_the_modules_with_the_same_error(tmp_path):
  config.parse(
    ["runs/autoencoder.gin"], ["MAX_STEPS = 300", "EVAL_EVERY_STEPS = 300"]
  )
  experiment = config.build("run")
  result = runs.train(experiment, tmp_path, config_text=config.run_text())
  modules = tmp_path / result.exports["latest"]["module"]
  files = experiment.eval_input.read().features["image"][:]
  with tf.Graph().as_default(), tf.Session() as session:
    images = tf.map_fn(
      lambda file: tf.cast(tf.io.decode_png(file, 1), tf.float32) / 255,
      tf.constant([*files]),
      tf.float32,
    )
    code = hub.Module(str(modules / "encoder"))(images, as_dict=True)["code"]
    decoder = hub.Module(str(modules / "decoder"))
    restored = decoder({"code": code}, as_dict=True)["images"]
    session.run(tf.global_variables_initializer())
    images, restored, code = session.run([images, restored, code])
  assert code.shape == (len(files), 8)
  error = np.mean((restored - images) ** 2)
  assert result.metrics["squared_error"] == pytest.approx(error, rel=1e-4)
  assert result.metrics["loss"] == pytest.approx(error, rel=1e-4)
  mean_image = np.mean((images - images.mean(axis=0)) ** 2)
  assert error < 0.6 * mean_image
  predicted = runs.predict(tmp_path, {"image": files[:3]})
  np.testing.assert_allclose(predicted["code"], code[:3], rtol=1e-4, atol=1e-5)
