"""What varies: read, suggested, enumerated, refused."""

import optuna
import pytest

from hub_estimator.errors import UserError
from hub_estimator.sweeps.space import Fixed, read_space

BUNDLES = {
  "module": {
    "small": {"HANDLE": "/small", "adapter.pooling": "mean"},
    "tuned": {
      "HANDLE": "/large",
      "fine_tuning.module_rate_multiplier": ("log", 0.01, 1.0),
      "module.tags": ("choice", ["train"], []),
    },
  },
  "optimizers.adam.learning_rate": ("float", 0.1, 0.3, 0.1),
}


def test_lists_and_ranges_become_bindings_of_the_right_type():
  space = read_space(
    {
      "HANDLE": ["/a", "/b"],
      "TRAINABLE": [True, False],
      "BATCH_SIZE": ("int", 16, 64, 16),
      "train/inputs.csv.path": ["x.csv"],
      "tops.mlp.dropout": ("float", 0.0, 0.5),
    }
  )
  params = {
    "HANDLE": "/b",
    "TRAINABLE": False,
    "BATCH_SIZE": 32,
    "train/inputs.csv.path": "x.csv",
    "tops.mlp.dropout": 0.25,
  }
  assert sorted(space.suggest(Fixed(params))) == [
    "BATCH_SIZE = 32",
    "HANDLE = '/b'",
    "TRAINABLE = False",
    "tops.mlp.dropout = 0.25",
    "train/inputs.csv.path = 'x.csv'",
  ]


def test_bundles_vary_together_and_what_is_under_one_only_there():
  space = read_space(BUNDLES)
  rate = {"optimizers.adam.learning_rate": 0.1}
  assert space.suggest(Fixed({"module": "small", **rate})) == [
    "HANDLE = '/small'",
    "adapter.pooling = 'mean'",
    "optimizers.adam.learning_rate = 0.1",
  ]
  tuned = {
    "module": "tuned",
    "fine_tuning.module_rate_multiplier": 0.5,
    "module.tags": "['train']",
  }
  assert space.suggest(Fixed(tuned | rate)) == [
    "HANDLE = '/large'",
    "fine_tuning.module_rate_multiplier = 0.5",
    "module.tags = ['train']",
    "optimizers.adam.learning_rate = 0.1",
  ]


def test_optuna_draws_within_bounds_and_branches():
  space = read_space(BUNDLES)
  study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=1))
  drawn = []
  for _ in range(40):
    trial = study.ask()
    drawn.append(space.suggest(trial))
    names = set(trial.params)
    multiplier = "fine_tuning.module_rate_multiplier"
    assert (multiplier in names) == (trial.params["module"] == "tuned")
    assert 0.01 <= trial.params.get(multiplier, 0.5) <= 1.0
    study.tell(trial, 0.0)
  assert len({tuple(d) for d in drawn}) > 10


def test_a_grid_has_every_combination_once():
  space = read_space(
    {
      "HANDLE": ["/a", "/b"],
      "rate": ("float", 0.1, 0.3, 0.1),
      "steps": ("int", 1, 3),
    }
  )
  grid = space.grid()
  assert len(grid) == 2 * 3 * 3
  assert len({tuple(sorted(g.items())) for g in grid}) == len(grid)
  assert {g["rate"] for g in grid} == {0.1, 0.2, 0.3}


def test_modules_are_told_by_what_sets_a_handle():
  bundles = {"small": {"left/module.handle": "/a", "SIZE": 64}, "none": {}}
  space = read_space(
    {"HANDLE": ["/a", "/b"], "rate": [0.1, 0.2], "bundle": bundles}
  )
  params = {"HANDLE": "/b", "rate": 0.1, "bundle": "small"}
  assert set(space.modules_of(params)) == {"/b", "small"}
  assert space.modules_of(params) == space.modules_of({**params, "rate": 0.2})
  assert read_space({"rate": [0.1]}).modules_of({"rate": 0.1}) == ()


def test_a_grid_of_branches_has_only_what_is_under_each():
  branches = {"kind": {"a": {"X": 1}, "b": {"X": 2, "Y": ("choice", 1, 2)}}}
  assert read_space(branches).grid() == [
    {"kind": "a"},
    {"kind": "b", "Y": 1},
    {"kind": "b", "Y": 2},
  ]


def test_a_grid_without_steps_is_refused():
  with pytest.raises(UserError, match=r"needs a list of choices or a step, as"):
    read_space({"rate": ("log", 0.1, 0.3)}).grid()


def test_probes_hold_each_choice_and_each_end():
  probes = read_space(BUNDLES).probes()
  seen = {(name, value) for probe in probes for name, value in probe.items()}
  assert {
    ("module", "small"),
    ("module", "tuned"),
    ("fine_tuning.module_rate_multiplier", 0.01),
    ("fine_tuning.module_rate_multiplier", 1.0),
    ("module.tags", "['train']"),
    ("module.tags", "[]"),
    ("optimizers.adam.learning_rate", 0.1),
    ("optimizers.adam.learning_rate", 0.3),
  } <= seen
  space = read_space(BUNDLES)
  for probe in probes:  # Each is whole, and of one branch.
    names = set(probe)
    assert ("module.tags" in names) == (probe["module"] == "tuned")
    assert space.suggest(Fixed(probe))


def test_one_binding_in_two_branches_has_a_name_of_its_own_in_each():
  space = read_space(
    {
      "module": {
        "a": {"HANDLE": "/a", "rate": ("log", 0.1, 1.0)},
        "b": {"HANDLE": "/b", "rate": ("log", 0.001, 0.01)},
      }
    }
  )
  bound = {"module": "b", "rate (module=b)": 0.002}
  assert space.suggest(Fixed(bound)) == ["HANDLE = '/b'", "rate = 0.002"]


def test_the_order_of_keys_changes_nothing():
  forward = {"A": [1, 2], "B": {"x": {"C": 1, "D": 2}, "y": {"C": 2, "D": 1}}}
  backward = {"B": {"y": {"D": 1, "C": 2}, "x": {"D": 2, "C": 1}}, "A": [1, 2]}
  assert repr(read_space(forward)) == repr(read_space(backward))


@pytest.mark.parametrize(
  ("raw", "message"),
  [
    ({}, "is {}; it is {binding: what varies}"),
    ({"A": []}, "'A' has no choices"),
    ({"A": 3}, r"'A' is 3; it is a list of choices"),
    ({"A": ("logg", 1, 2)}, "kind 'logg': did you mean 'log'"),
    ({"A": ("log", 0, 2)}, "the low end of 'log' above 0"),
    ({"A": ("float", 2, 1)}, "low is below high"),
    ({"A": ("int", 1.5, 2)}, r"'A' is \('int', 1.5, 2\)"),
    ({"A": ["x", "x"]}, "the choice 'x' twice"),
    ({"A": {"x": 1}}, r"'A', 'x' is 1; it is {binding: value"),
    ({"A": [1], "b": {"x": {"A": 2}}}, "sets 'A' twice: in 'A' and in 'b'"),
  ],
)
def test_a_space_that_is_none_is_named(raw, message):
  with pytest.raises(UserError, match=message):
    read_space(raw)
