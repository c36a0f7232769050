"""How a sweep's strategy draws parameters, and how it prunes trials."""

from collections.abc import Mapping
from typing import Any

import optuna
from optuna.distributions import BaseDistribution
from optuna.trial import FrozenTrial

from hub_estimator.sweeps.space import Space
from hub_estimator.sweeps.sweep import Sweep
from hub_estimator.sweeps.trial_attributes import SLOT


class GridSampler(optuna.samplers.BaseSampler):
  """Gives a trial the combination of its slot; Optuna's grid has no branches.

  Attributes:
    modules: what each combination chooses among handles, by slot.
  """

  def __init__(self, space: Space):
    self._grid = space.grid()
    self.modules = [space.modules_of(params) for params in self._grid]

  def infer_relative_search_space(
    self, study: optuna.Study, trial: FrozenTrial
  ) -> dict[str, BaseDistribution]:
    return {}

  def sample_relative(
    self,
    study: optuna.Study,
    trial: FrozenTrial,
    search_space: Mapping[str, BaseDistribution],
  ) -> dict[str, Any]:
    return {}

  def sample_independent(
    self,
    study: optuna.Study,
    trial: FrozenTrial,
    param_name: str,
    param_distribution: BaseDistribution,
  ) -> Any:
    return self._grid[trial.user_attrs[SLOT]][param_name]


def make_sampler(sweep: Sweep, worker: int) -> optuna.samplers.BaseSampler:
  """Returns the sampler of a sweep's strategy.

  Args:
    sweep: its settings.
    worker: number of the process, so that no two draw the same.
  """
  seed = sweep.seed * 1000 + worker
  if sweep.strategy == "grid":
    return GridSampler(sweep.space)
  if sweep.strategy == "tpe":
    return optuna.samplers.TPESampler(seed=seed, constant_liar=True)
  if sweep.strategy == "nsga2":
    return optuna.samplers.NSGAIISampler(seed=seed, population_size=16)
  return optuna.samplers.RandomSampler(seed=seed)


def make_pruner(sweep: Sweep) -> optuna.pruners.BasePruner:
  """Returns the pruner that a sweep names; without one, none prunes."""
  if sweep.pruning == "median":
    return optuna.pruners.MedianPruner()
  if sweep.pruning == "hyperband":
    return optuna.pruners.HyperbandPruner()
  return optuna.pruners.NopPruner()
