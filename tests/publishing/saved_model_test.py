import os

import numpy as np
import pytest
import tensorflow
from hub_estimator.trainers import main as command

from hub_estimator.errors import UserError
from hub_estimator.publishing import saved_model
from hub_estimator.tensorflow_runtime import hub, tf

X = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
  monkeypatch.setenv("TFHUB_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def keras():
  tensorflow.keras.utils.set_random_seed(1)
  return tensorflow.keras.Sequential(
    [
      tensorflow.keras.layers.InputLayer([4], name="x"),
      tensorflow.keras.layers.Dense(3, kernel_regularizer="l2"),
      tensorflow.keras.layers.Dropout(0.5),
    ]
  )


def _apply(path, tags=()):
  """Applies it with plain `hub.Module`, as consumers do."""
  with tf.Graph().as_default(), tf.Session() as session:
    outputs = hub.Module(path, tags=set(tags))(X)
    session.run(tf.global_variables_initializer())
    return session.run(outputs)


@pytest.mark.parametrize("name", ["m.h5", "m.keras", "directory"])
def test_a_model_of_keras_is_a_module_with_both_variants(tmp_path, keras, name):
  path = str(tmp_path / name)
  if "." in name:
    keras.save(path)
  else:
    tensorflow.saved_model.save(keras, path)
  saved_model.publish(str(tmp_path / "m"), path)
  np.testing.assert_allclose(
    _apply(str(tmp_path / "m")), keras(X).numpy(), rtol=1e-5
  )
  assert (_apply(str(tmp_path / "m"), ["train"]) == 0).any()
  with tf.Graph().as_default():
    hub.Module(str(tmp_path / "m"), trainable=True, tags={"train"})
    assert len(tf.losses.get_regularization_losses()) == 1


def test_a_saved_model_of_tensorflow_1_is_published(tmp_path):
  with tf.Graph().as_default(), tf.Session() as session:
    x = tf.placeholder(tf.float32, [None, 4])
    kernel = tf.get_variable("kernel", [4, 3])
    session.run(tf.global_variables_initializer())
    y = tf.matmul(x, kernel)
    tf.saved_model.simple_save(
      session, str(tmp_path / "old"), {"x": x}, {"default": y}
    )
    wanted = session.run(y, {x: X})
  code = command.main(
    ["publish", "saved_model", "--source", str(tmp_path / "old")]
    + ["--output", str(tmp_path / "m")]
  )
  assert code == 0
  np.testing.assert_allclose(_apply(str(tmp_path / "m")), wanted, rtol=1e-5)


def test_publishing_does_not_change_the_cache(tmp_path, keras):
  path = str(tmp_path / "saved")
  tensorflow.saved_model.save(keras, path)
  for name in "ab":
    saved_model.publish(str(tmp_path / name), path)
  first, second = (
    (tmp_path / name / "saved_model.pb").read_bytes() for name in "ab"
  )
  assert first == second


def test_a_module_and_a_file_that_is_not_a_model_are_refused(tmp_path, dense):
  (tmp_path / "broken.keras").write_bytes(b"no")
  for source, message in (
    (dense, "is already a TF1 Hub module"),
    (str(tmp_path / "none.h5"), "There is no file"),
    (str(tmp_path / "broken.keras"), "Keras 2 can't load .*Keras 3"),
    (str(tmp_path / "none"), "doesn't exist"),
  ):
    with pytest.raises(UserError, match=message):
      saved_model.publish(str(tmp_path / "m"), source)
  assert sorted(os.listdir(tmp_path)) == ["broken.keras"]
