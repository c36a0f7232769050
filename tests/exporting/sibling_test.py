import pytest

from hub_estimator import exporting, runs
from tests.small_runs import make_experiment


@pytest.mark.slow
def test_two_kinds_of_one_checkpoint_share_their_bytes(
  dense, numbers_npz, tmp_path
):
  experiment = make_experiment(
    dense,
    numbers_npz,
    exports=exporting.Exports(["latest", "best", "final"]),
    max_steps=10,
  )
  result = runs.train(experiment, str(tmp_path))
  data = "variables/variables.data-00000-of-00001"
  inodes = {
    (tmp_path / result.exports[kind]["model"] / data).stat().st_ino
    for kind in ("latest", "best", "final")
  }
  assert len(inodes) == 1
