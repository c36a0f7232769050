"""The best trial's exports."""

import dataclasses

import numpy as np
import pytest

from hub_estimator.sweeps import leaderboard, winner
from hub_estimator.tensorflow_runtime import hub, tf
from tests.sweeps import small

pytestmark = pytest.mark.newest


@pytest.fixture(scope="module")
def finished(tmp_path_factory, dense, numbers_npz):
  """Returns (directory, Sweep, study, rows) of a sweep of three trials."""
  root = tmp_path_factory.mktemp("finished")
  file = small.write_config(
    root / "sweep.gin",
    dense,
    numbers_npz,
    "OPTIMIZER = @optimizers.sgd()\nexports.kinds = ['final']\n"
    "sweep.space = {'optimizers.sgd.learning_rate': [0.5, 0.01, 1e38]}\n",
  )
  at, sweep, study = small.run_here(file, root / "sweep")
  return at.path, sweep, study, leaderboard.make_rows(study, sweep)


@pytest.mark.slow
def test_the_winners_version_is_hard_linked(finished):
  directory, _, _, rows = finished
  best = winner.write(rows[0], directory)
  (module,) = (best / "module").glob("*/module")
  source = next((directory / "trials/0/export/final/module").glob("*/module"))
  assert (module / "saved_model.pb").samefile(source / "saved_model.pb")
  with tf.Graph().as_default():
    hub.Module(str(module))(np.ones([1, 4], np.float32))
  assert (directory / "best.gin").read_text() == (
    directory / "trials/0/config.gin"
  ).read_text()
  # Another winner takes its place, whole.
  winner.write(rows[1], directory)
  assert len(list((best / "model").iterdir())) == 1
  assert not list(directory.glob(".best*"))


@pytest.mark.slow
def test_a_winner_on_another_machine_is_not_written(finished, tmp_path):
  _, _, _, rows = finished
  gone = dataclasses.replace(rows[0], model_dir=str(tmp_path / "gone"))
  assert winner.write(gone, tmp_path) is None
  assert not list(tmp_path.iterdir())
