"""The sweep's own choices, from gin."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import gin

from hub_estimator import config
from hub_estimator.errors import UserError, check_count, nearest
from hub_estimator.model_dir import results
from hub_estimator.sweeps.space import read_space

_NAME = "sweep"
STRATEGIES = ("tpe", "random", "grid", "nsga2")
PRUNINGS = ("median", "hyperband")
# Goals that are no metrics of the evaluation.
SECONDS = "seconds"
BYTES = "bytes"


@gin.register(_NAME, module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Sweep:
  """Many runs of one config, each with some bindings of its own.

  Attributes:
    space: what varies, by gin binding or macro: a list of choices; ("float", low,
      high[, step]); ("log", low, high); ("int", low, high[, step]). Or by a name of
      yours, bundles that vary together: {"name": {binding: value, …}, …}, where a
      value may again vary, under this choice alone: ("choice", a, b), a range, or
      bundles.
    goals: one metric of the evaluation, or two goals, of which "seconds" (of the
      whole run) and "bytes" (of the exported model) may be the second.
    smaller_is_better: {goal: bool}; None means that losses, errors, seconds and
      bytes are, and others aren't.
    strategy: "tpe", "random", "grid" (all combinations), or "nsga2" for two goals.
    pruning: None, or "median" or "hyperband": ends trials early that are behind
      at their evaluations. For one goal.
    repeats: runs of each trial, with seeds one apart; the goal is their mean.
    max_trials: in all; a grid has as many as it has combinations.
    max_hours: no trial starts later; None sets no bound.
    max_failures: no trial starts after so many have failed.
    seed: of the strategy's draws. With several workers, what they draw depends on
      which is first as well.
  """

  space: Any
  goals: Sequence[str] = ("accuracy",)
  smaller_is_better: Mapping[str, bool] = dataclasses.field(
    default_factory=dict
  )
  strategy: str = "tpe"
  pruning: str | None = None
  repeats: int = 1
  max_trials: int = 20
  max_hours: float | None = None
  max_failures: int = 10
  seed: int = 1

  def __post_init__(self):
    if isinstance(self.goals, str) or not 1 <= len(self.goals) <= 2:
      raise UserError(
        f"sweep.goals is {self.goals!r}; it is a list of one or two goals."
      )
    for name, value, known in (
      ("strategy", self.strategy, STRATEGIES),
      ("pruning", self.pruning or PRUNINGS[0], PRUNINGS),
    ):
      if value not in known:
        raise UserError(f"sweep.{name} {value!r}: {nearest(value, known)}")
    if len(self.goals) == 2 and self.pruning is not None:
      raise UserError("sweep.pruning is for one goal; sweep.goals names two.")
    if len(self.goals) == 1 and self.strategy == "nsga2":
      raise UserError("sweep.strategy 'nsga2' is for two goals.")
    for name in ("repeats", "max_trials", "max_failures"):
      check_count(getattr(self, name), f"sweep.{name}")
    for goal in self.smaller_is_better or ():
      if goal not in self.goals:
        raise UserError(
          f"sweep.smaller_is_better names {goal!r}; {nearest(goal, self.goals)}"
        )

  def is_smaller_better(self, goal: str) -> bool:
    """Returns the direction of a goal."""
    default = goal in (SECONDS, BYTES) or results.is_better_smaller(goal)
    return (self.smaller_is_better or {}).get(goal, default)


def read_sweep() -> Sweep:
  """Returns the sweep that is bound in gin, its space as a `Space`.

  What varies isn't evaluated: each trial evaluates its own.

  Raises:
    UserError: there is none, or something doesn't fit.
  """
  raw = config.take_raw(f"{_NAME}.space")
  if raw is None:
    raise UserError(
      "The config binds no sweep.space, so nothing varies: see "
      "configs/sweeps/modules_vader.gin."
    )
  sweep = config.build(_NAME)
  return dataclasses.replace(sweep, space=read_space(raw))
