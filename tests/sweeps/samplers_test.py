"""Strategies and pruning as Optuna's samplers and pruners."""

import optuna
import pytest

from hub_estimator.sweeps import Sweep, read_space
from hub_estimator.sweeps.samplers import (
  GridSampler,
  make_pruner,
  make_sampler,
)
from hub_estimator.sweeps.trial_attributes import SLOT

_SPACE = read_space({"HANDLE": ["/a", "/b"], "kind": {"x": {"C": 1}}})


@pytest.mark.parametrize(
  ("strategy", "kind"),
  [
    ("tpe", optuna.samplers.TPESampler),
    ("random", optuna.samplers.RandomSampler),
    ("grid", GridSampler),
  ],
)
def test_each_strategy_has_its_sampler(strategy, kind):
  assert type(make_sampler(Sweep(_SPACE, strategy=strategy), 0)) is kind


def test_two_goals_have_nsga2():
  sweep = Sweep(_SPACE, goals=["loss", "bytes"], strategy="nsga2")
  sampler = make_sampler(sweep, 0)
  assert isinstance(sampler, optuna.samplers.NSGAIISampler)


@pytest.mark.parametrize(
  ("pruning", "kind"),
  [
    (None, optuna.pruners.NopPruner),
    ("median", optuna.pruners.MedianPruner),
    ("hyperband", optuna.pruners.HyperbandPruner),
  ],
)
def test_each_pruning_has_its_pruner(pruning, kind):
  assert type(make_pruner(Sweep(_SPACE, pruning=pruning))) is kind


def test_no_two_workers_draw_the_same_and_each_draws_the_same_again():
  space = read_space({"rate": ("float", 0.0, 1.0)})

  def draw(worker):
    sampler = make_sampler(Sweep(space, strategy="random"), worker)
    trial = optuna.create_study(sampler=sampler).ask()
    space.suggest(trial)
    return trial.params["rate"]

  assert draw(0) == draw(0) != draw(1)


def test_a_grid_gives_a_trial_the_combination_of_its_slot():
  sampler = GridSampler(_SPACE)
  assert sampler.modules == [("/a",), ("/b",)]
  study = optuna.create_study(sampler=sampler)
  trial = study.ask()
  trial.set_user_attr(SLOT, 1)
  assert _SPACE.suggest(trial) == ["HANDLE = '/b'", "C = 1"]
