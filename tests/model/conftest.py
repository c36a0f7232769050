"""Data and modules that several tests of models read."""

import numpy as np
import pytest

from hub_estimator import testing
from hub_estimator.tensorflow_runtime import hub, tf


@pytest.fixture(scope="session")
def pairs_npz(tmp_path_factory):
  """64 pairs, a and b float32 [4]; near is 1 where they agree, gap a number."""
  rng = np.random.default_rng(0)
  a = rng.normal(size=(64, 4)).astype(np.float32)
  near = rng.integers(0, 2, 64)
  b = np.where(near[:, None] == 1, a, rng.normal(size=(64, 4)))
  path = tmp_path_factory.mktemp("data") / "pairs.npz"
  np.savez(
    path,
    a=a,
    b=b.astype(np.float32),
    near=near,
    gap=np.abs(a - b).sum(1),
    weight=rng.uniform(0, 1, 64).astype(np.float32),
  )
  return str(path)


@pytest.fixture(scope="session")
def two_outputs(tmp_path_factory):
  def module_fn():
    x = tf.placeholder(tf.float32, [None, 4])
    kernel = tf.get_variable("kernel", [4, 3])
    hidden = tf.matmul(x, kernel)
    hub.add_signature(
      inputs={"x": x}, outputs={"hidden": hidden, "default": tf.tanh(hidden)}
    )

  path = tmp_path_factory.mktemp("m") / "two_outputs"
  return testing.export_module(str(path), module_fn)
