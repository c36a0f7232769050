"""A Keras model, and a cache of modules for each test."""

import pytest
import tensorflow


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
