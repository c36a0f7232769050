"""A cache of each test's own, and what several tests do with kept outputs."""

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def cache_dir(tmp_path, monkeypatch):
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE", str(tmp_path / "cache"))
  return tmp_path / "cache" / "features"


@pytest.fixture
def x():
  return np.random.default_rng(1).normal(size=(150, 4)).astype(np.float32)
