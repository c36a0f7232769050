"""Everything that varies: suggested, enumerated, probed."""

from hub_estimator.sweeps import read_space
from hub_estimator.sweeps.space import Fixed

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


def test_bundles_vary_together_and_each_has_parameters_of_its_own():
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


def test_modules_are_the_choices_that_set_a_handle():
  bundles = {"small": {"left/module.handle": "/a", "SIZE": 64}, "none": {}}
  space = read_space(
    {"HANDLE": ["/a", "/b"], "rate": [0.1, 0.2], "bundle": bundles}
  )
  params = {"HANDLE": "/b", "rate": 0.1, "bundle": "small"}
  assert set(space.modules_of(params)) == {"/b", "small"}
  assert space.modules_of(params) == space.modules_of({**params, "rate": 0.2})
  assert read_space({"rate": [0.1]}).modules_of({"rate": 0.1}) == ()


def test_a_grid_gives_each_branch_only_its_own_parameters():
  branches = {"kind": {"a": {"X": 1}, "b": {"X": 2, "Y": ("choice", 1, 2)}}}
  assert read_space(branches).grid() == [
    {"kind": "a"},
    {"kind": "b", "Y": 1},
    {"kind": "b", "Y": 2},
  ]


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
