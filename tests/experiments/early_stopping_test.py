"""Early stopping refuses values of a wrong kind."""

import pytest

from hub_estimator.errors import UserError
from hub_estimator.experiments import EarlyStopping


@pytest.mark.parametrize(
  "fields, told",
  [
    ({"metric": None}, "metric is None; it must be a metric's name"),
    (
      {"patience_steps": None},
      "patience_steps is None; it is an integer above",
    ),
    ({"patience_steps": True}, "patience_steps is True"),
    ({"min_steps": -1}, "min_steps is -1; it is an integer of at least 0"),
    (
      {"smaller_is_better": 1},
      "smaller_is_better is 1; it must be True, False or",
    ),
  ],
)
def test_early_stopping_of_another_kind_is_told(fields, told):
  with pytest.raises(UserError, match=told):
    EarlyStopping(**{"metric": "loss", "patience_steps": 2, **fields})
