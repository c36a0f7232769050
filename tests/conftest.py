"""Tiny real modules and data, made once a session."""

import os
import pathlib

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from hub_estimator import testing
from hub_estimator.tensorflow_runtime import tf

tf.logging.set_verbosity(tf.logging.ERROR)

SHARED = pathlib.Path(__file__).parent.parent.parent / "shared" / "modules"


@pytest.fixture(scope="session", autouse=True)
def _features_of_tests_alone(tmp_path_factory):
  os.environ["HUB_ESTIMATOR_CACHE"] = str(tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="session")
def shared_module():
  """Returns a function from a name to a real module's path, or skips."""

  def path(name: str) -> str:
    if not (SHARED / name).is_dir():
      pytest.skip(f"the folder of real modules, {SHARED}, has no {name}")
    return str(SHARED / name)

  return path


@pytest.fixture(scope="session")
def dense(tmp_path_factory) -> str:
  return testing.dense_module(
    str(tmp_path_factory.mktemp("m") / "dense"), l2=0.1
  )


@pytest.fixture(scope="session")
def batch_norm(tmp_path_factory) -> str:
  return testing.batch_norm_module(str(tmp_path_factory.mktemp("m") / "bn"))


@pytest.fixture(scope="session")
def text(tmp_path_factory) -> str:
  return testing.text_module(str(tmp_path_factory.mktemp("m") / "text"))


@pytest.fixture(scope="session")
def numbers_npz(tmp_path_factory) -> str:
  """96 examples: x float32 [4], label 0 or 1, y a number, z a class of 3."""
  rng = np.random.default_rng(0)
  x = rng.normal(size=(96, 4)).astype(np.float32)
  path = tmp_path_factory.mktemp("data") / "numbers.npz"
  np.savez(
    path,
    x=x,
    label=(x.sum(axis=1) > 0).astype(np.int64),
    y=x[:, 0] * 2,
    z=np.digitize(x[:, 1], [-0.5, 0.5]),
  )
  return str(path)


@pytest.fixture(scope="session")
def sentences_csv(tmp_path_factory) -> str:
  path = tmp_path_factory.mktemp("data") / "sentences.csv"
  rows = ["a good film,1", "the bad film,0", "good,1", "bad bad,0"] * 16
  path.write_text("sentence,label\n" + "\n".join(rows) + "\n")
  return str(path)
