"""A sweep's bounds on time and failures."""

from optuna.trial import TrialState

from hub_estimator.sweeps import Sweep, ask, open_study, read_space
from hub_estimator.sweeps.bounds import bound_reached
from hub_estimator.sweeps.trial_attributes import ERROR


def _sweep(**changes):
  space = read_space({"rate": ("float", 0.0, 1.0)})
  return Sweep(space, **{"max_trials": 3, **changes})


def test_bounds_on_failures_and_hours_are_kept(tmp_path):
  sweep = _sweep(max_failures=1)
  study = open_study(f"sqlite:///{tmp_path}/study.db", "s", sweep, identity="i")
  assert not bound_reached(study, sweep)
  trial = ask(study, _sweep(), lock=tmp_path / "lock")
  assert not bound_reached(study, _sweep(max_hours=1.0))
  assert bound_reached(study, _sweep(max_hours=0.0))
  trial.set_user_attr(ERROR, "no")
  study.tell(trial, state=TrialState.FAIL)
  assert bound_reached(study, sweep)
