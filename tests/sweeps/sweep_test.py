"""The sweep's choices, from gin."""

import pytest

import hub_estimator.experiments  # noqa: F401  Registers the parts.
from hub_estimator import config
from hub_estimator.errors import UserError
from hub_estimator.sweeps.sweep import Sweep, read_sweep
from tests.sweeps import small


def test_values_in_the_space_are_read_without_being_evaluated(tmp_path):
  file = small.write_config(
    tmp_path / "s.gin",
    "/a",
    "d.npz",
    "sweep.space = {'HEAD': [@heads.binary(), @missing/inputs.csv()]}\n",
  )
  config.parse([file])
  text = config.text(without="sweep")
  sweep = read_sweep()
  assert list(sweep.space.parameters[0].options) == [
    "@heads.binary()",
    "@missing/inputs.csv()",
  ]
  assert "sweep." not in text.replace("hub_estimator.sweeps.sweep", "")
  assert "HANDLE = '/a'" in text


def test_directions_follow_the_goal_unless_the_sweep_says_otherwise():
  sweep = Sweep(None, goals=["loss", "accuracy"])
  assert sweep.is_smaller_better("loss")
  assert not sweep.is_smaller_better("accuracy")
  assert Sweep(None, goals=["f1", "seconds"]).is_smaller_better("seconds")
  said = Sweep(None, goals=["f1"], smaller_is_better={"f1": True})
  assert said.is_smaller_better("f1")


@pytest.mark.parametrize(
  ("changes", "message"),
  [
    ({"goals": "accuracy"}, "is a list of one or two goals"),
    ({"goals": ["a", "b", "c"]}, "is a list of one or two goals"),
    ({"strategy": "gridd"}, "strategy 'gridd': did you mean 'grid'"),
    ({"pruning": "medain"}, "pruning 'medain': did you mean 'median'"),
    ({"goals": ["a", "b"], "pruning": "median"}, "is for one goal"),
    ({"strategy": "nsga2"}, "'nsga2' is for two goals"),
    ({"repeats": 0}, "repeats is 0; it is an integer above 0"),
    ({"max_trials": True}, "max_trials is True; it is an integer"),
    ({"smaller_is_better": {"los": True}}, "names 'los'"),
  ],
)
def test_invalid_settings_are_named(changes, message):
  with pytest.raises(UserError, match=message):
    Sweep(None, **changes)


def test_a_config_without_a_space_is_refused(tmp_path):
  config.parse([small.write_config(tmp_path / "s.gin", "/a", "d.npz", "")])
  with pytest.raises(UserError, match="binds no sweep.space"):
    read_sweep()
