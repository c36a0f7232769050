"""The values that a sweep compares."""

import pytest

from hub_estimator.errors import UserError
from hub_estimator.model_dir import results
from hub_estimator.sweeps.goals import goals_of, size_of


def _result(**changes):
  return results.Result(
    **{
      "state": results.FINISHED,
      "steps": 20,
      "metrics": {"loss": 0.5, "precision": "nan"},
      "best": {},
      "exports": {},
      "seconds": {"total": 3.5},
      **changes,
    }
  )


def test_goals_are_metrics_seconds_and_bytes_in_order(tmp_path):
  for name, size in [("20.index", 3), ("20.data-00000", 4), ("10.index", 9)]:
    (tmp_path / f"model.ckpt-{name}").write_bytes(b"x" * size)
  names = ["bytes", "loss", "seconds"]
  assert goals_of(names, _result(), tmp_path) == [7.0, 0.5, 3.5]


def test_the_size_is_that_of_the_last_exported_model(tmp_path):
  for kind, size in [("best", 3), ("final", 5)]:
    (tmp_path / kind / "variables").mkdir(parents=True)
    (tmp_path / kind / "saved_model.pb").write_bytes(b"x" * size)
    (tmp_path / kind / "variables/data").write_bytes(b"x")
  exports = {"best": {"model": "best"}, "final": {"model": "final"}}
  assert size_of(_result(exports=exports), tmp_path) == 6
  failed = {"final": {"error": "no room"}}
  assert size_of(_result(exports=failed), tmp_path) == 0


@pytest.mark.parametrize(
  ("goal", "message"),
  [
    ("los", "names 'los'; it has: bytes, loss, precision, seconds"),
    ("precision", "The goal 'precision' is nan"),
  ],
)
def test_a_goal_without_a_finite_value_is_refused(tmp_path, goal, message):
  with pytest.raises(UserError, match=message):
    goals_of([goal], _result(), tmp_path)
