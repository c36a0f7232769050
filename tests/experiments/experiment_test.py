"""A bad value in the definition of a run is refused by its gin name."""

import pytest

from hub_estimator import (
  heads,
)
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
  ],
)
def test_a_bad_value_is_refused_by_its_gin_name(
  dense, numbers_npz, change, why
):
  with pytest.raises(UserError, match=why):
    make_experiment(dense, numbers_npz, **change)
