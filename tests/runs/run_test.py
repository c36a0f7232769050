"""A run is read back from its model_dir."""

import pytest

from hub_estimator import heads, runs
from hub_estimator.errors import UserError
from hub_estimator.experiments import to_gin
from tests.small_runs import make_experiment

# Files of the room that these tests cover, beside their own.
COVERS = ("python_config",)


class _Mine(heads.Binary):
  pass


def test_a_run_that_was_defined_in_python_is_read_back(
  dense, numbers_npz, trained_runs
):
  experiment = make_experiment(dense, numbers_npz)
  trained = trained_runs.read_only(experiment)
  model_dir = trained.model_dir
  run = runs.read_run(model_dir)
  assert run.experiment == experiment
  assert run.result == trained.result
  assert list(run.evaluations()) == [10, 20]
  assert repr(run) == f"<Run {model_dir}: {dense}; finished at step 20>"
  assert (model_dir / "config.gin").read_text() == to_gin(experiment)


@pytest.mark.slow
def test_a_part_that_gin_cannot_name_must_be_passed_again(
  dense, numbers_npz, tmp_path
):
  experiment = make_experiment(dense, numbers_npz, head=_Mine(), max_steps=5)
  runs.train(experiment, tmp_path)
  with pytest.raises(UserError, match="run.head is .* Or pass the experiment"):
    runs.evaluate(tmp_path)
  again = runs.evaluate(tmp_path, experiment=experiment)
  assert again["global_step"] == 5


def test_a_directory_without_a_run_is_refused(tmp_path):
  with pytest.raises(UserError, match="No run at"):
    runs.read_run(tmp_path)
