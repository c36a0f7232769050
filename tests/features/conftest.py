"""A cache of each test's own, and what several tests do with kept outputs."""

import logging

import numpy as np
import pytest


@pytest.fixture(autouse=True)
def cache_dir(tmp_path, monkeypatch):
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE", str(tmp_path / "cache"))
  return tmp_path / "cache" / "features"


@pytest.fixture
def new_log(caplog):
  """Returns a function that returns the log's lines since its last call."""
  caplog.set_level(logging.INFO, logger="hub_estimator")

  def lines():
    text = list(caplog.messages)
    caplog.clear()
    return "\n".join(text)

  return lines


@pytest.fixture
def x():
  return np.random.default_rng(1).normal(size=(150, 4)).astype(np.float32)
