"""A gin file of a run, and a clean config afterwards."""

import gin
import pytest

import hub_estimator.experiments  # noqa: F401  Registers the parts.

RUN = """
include "base.gin"
HANDLE = "m"
HEAD = @heads.binary()
inputs.npz.path = "data.npz"
run.train_input = @inputs.npz()
run.eval_input = @inputs.npz()
"""


@pytest.fixture
def run_gin(tmp_path):
  path = tmp_path / "run.gin"
  path.write_text(RUN)
  return str(path)


@pytest.fixture(autouse=True, scope="module")
def _clean_config():
  yield
  gin.clear_config()
