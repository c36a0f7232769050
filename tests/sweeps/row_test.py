"""One trial as a row."""

import pytest
from optuna.trial import TrialState, create_trial

from hub_estimator.sweeps import trial_attributes as attributes
from hub_estimator.sweeps.row import STATES, make_row


def _trial(state, **more):
  return create_trial(state=state, **more)


def test_a_finished_trial_has_a_rank_and_values():
  trial = _trial(
    TrialState.COMPLETE,
    values=[0.5, 7.0],
    user_attrs={
      attributes.SLOT: 3,
      attributes.SPREADS: [0.1, 2.0],
      attributes.MODULES: {"module": "/a"},
      attributes.MODEL_DIR: "/sweep/trials/3",
      attributes.SECONDS: 2.5,
    },
  )
  row = make_row(trial, ["accuracy", "bytes"], place=2, is_on_front=True)
  assert (row.rank, row.trial, row.state) == (2, 3, "finished")
  assert row.goals == {"accuracy": 0.5, "bytes": 7.0}
  assert row.spreads == {"accuracy": 0.1, "bytes": 2.0}
  assert row.modules == {"module": "/a"}
  assert row.model_dir == "/sweep/trials/3" and row.seconds == 2.5
  assert row.bytes is None and row.error is None


@pytest.mark.parametrize(
  "state", [s for s in STATES if s != TrialState.COMPLETE]
)
def test_others_have_none_even_if_they_reported_values(state):
  trial = _trial(
    state,
    intermediate_values={10: 0.5},
    user_attrs={attributes.SLOT: 0, attributes.ERROR: "why"},
  )
  row = make_row(trial, ["accuracy"], place=1, is_on_front=False)
  assert row.rank is None and row.goals == {} and row.error == "why"
  assert row.state == STATES[state]
