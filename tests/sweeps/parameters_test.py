"""Ranges and choices: their values, grids and probes."""

import optuna
import pytest

from hub_estimator.errors import UserError
from hub_estimator.sweeps import read_space
from hub_estimator.sweeps.parameters import Choice, Range, bindings_of, walk
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


def test_a_grid_without_steps_is_refused():
  with pytest.raises(UserError, match=r"needs a list of choices or a step, as"):
    read_space({"rate": ("log", 0.1, 0.3)}).grid()


def test_a_range_gives_the_text_of_a_number_of_its_kind():
  steps = Range("steps", "MAX_STEPS", "int", 10, 30, 10)
  assert list(steps.suggest(Fixed({"steps": 20}))) == [("MAX_STEPS", "20")]
  assert steps.grid() == [{"steps": 10}, {"steps": 20}, {"steps": 30}]
  assert steps.probes() == [{"steps": 10}, {"steps": 30}]
  rate = Range("rate", "rate", "float", 0.1, 0.3, 0.1)
  assert rate.grid() == [{"rate": 0.1}, {"rate": 0.2}, {"rate": 0.3}]


def test_walking_a_choice_reaches_what_varies_under_its_options():
  space = read_space(BUNDLES)
  assert [p.name for p in walk(space.parameters)] == [
    "module",
    "fine_tuning.module_rate_multiplier",
    "module.tags",
    "optimizers.adam.learning_rate",
  ]
  module = space.parameters[0]
  assert isinstance(module, Choice)
  assert bindings_of(module) == {
    "HANDLE",
    "adapter.pooling",
    "fine_tuning.module_rate_multiplier",
    "module.tags",
  }
