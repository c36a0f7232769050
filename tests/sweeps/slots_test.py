"""Slots: how many there are, and which trials hold them."""

import pytest

from hub_estimator.sweeps import Sweep, ask, open_study, read_space, trials_of
from hub_estimator.sweeps.slots import (
  count_trials,
  free_slots,
  has_work,
  slot_of,
  with_slots,
)
from hub_estimator.sweeps.trial_attributes import ATTEMPT, CONTINUED, SLOT

_SPACE = read_space({"rate": [0.1, 0.2]})


@pytest.mark.parametrize(("strategy", "count"), [("grid", 2), ("random", 7)])
def test_a_grid_has_a_trial_for_each_combination(strategy, count):
  assert count_trials(Sweep(_SPACE, strategy=strategy, max_trials=7)) == count


def test_the_latest_trial_of_each_slot_counts(tmp_path):
  sweep = Sweep(_SPACE, max_trials=2)
  study = open_study(f"sqlite:///{tmp_path}/study.db", "s", sweep, identity="i")
  assert free_slots(study, 2) == [0, 1] and has_work(study, sweep)
  first, second = (ask(study, sweep, lock=tmp_path / "lock") for _ in range(2))
  assert not has_work(study, sweep)
  # Two processes queued a trial that continues the first.
  first.set_user_attr(CONTINUED, True)
  for _ in range(2):
    study.enqueue_trial({"rate": 0.1}, user_attrs={SLOT: 0, ATTEMPT: 2})
  assert has_work(study, sweep) and free_slots(study, 2) == []
  assert len(with_slots(study)) == 4
  counting = trials_of(study)
  assert [slot_of(t) for t in counting] == [0, 1]
  assert [t.number for t in counting] == [2, second.number]
