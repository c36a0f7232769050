"""A bad value in the definition of a run is refused by its gin name."""

import pytest

from hub_estimator import exporting, heads
from hub_estimator.errors import UserError
from tests.small_runs import make_experiment

# Files of the room that these tests cover, beside their own.
COVERS = ("part_checks", "protocols")


@pytest.mark.parametrize(
  "change, why",
  [
    ({"max_steps": 0}, "run.max_steps is 0"),
    ({"batch_size": 2.5}, "run.batch_size is 2.5"),
    ({"seed": -1}, "run.seed is -1"),
    ({"head": heads.Binary}, "run.head is"),
    ({"optimizer": 0.1}, "run.optimizer is 0.1"),
    (
      {"exporters": [exporting.exporters.LatestModule("best")]},
      "has the name 'best', which is that of 'best' of exports.kinds: both would "
      "write to export/best",
    ),
    (
      {
        "exporters": [
          exporting.exporters.LatestModule("a"),
          exporting.exporters.LatestModel("a"),
        ]
      },
      "has the name 'a', which is that of LatestModule",
    ),
  ],
)
def test_a_bad_value_is_refused_by_its_gin_name(
  dense, numbers_npz, change, why
):
  with pytest.raises(UserError, match=why) as refused:
    make_experiment(dense, numbers_npz, **change)
  assert "\n" not in str(refused.value)
