"""One exported run for all tests of this folder; they only read it."""

import pytest

from hub_estimator import exporting, runs
from hub_estimator.model_dir import Version
from tests.exporting.small_exports import Run, copy_version
from tests.small_runs import make_experiment


@pytest.fixture(scope="session")
def run(batch_norm, numbers_npz, tmp_path_factory) -> Run:
  """A run with two versions, the last one of its last checkpoint."""
  path = tmp_path_factory.mktemp("exported") / "run"
  experiment = make_experiment(
    batch_norm, numbers_npz, exports=exporting.Exports(keep=2), max_steps=30
  )
  result = runs.train(experiment, str(path))
  assert "error" not in result.exports["latest"], result
  return Run(path, experiment, result)


@pytest.fixture
def version(run, tmp_path) -> Version:
  """A copy of the run's last version, free to be damaged."""
  return copy_version(run, tmp_path)
