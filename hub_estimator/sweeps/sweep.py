"""The settings of a sweep, from gin."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import gin

from hub_estimator import config
from hub_estimator.errors import UserError, check_count, nearest
from hub_estimator.model_dir import results
from hub_estimator.sweeps.notation import read_space

_NAME = "sweep"
STRATEGIES = ("tpe", "random", "grid", "nsga2")
PRUNINGS = ("median", "hyperband")
# Goals that aren't metrics of the evaluation.
SECONDS = "seconds"
BYTES = "bytes"


@gin.register(_NAME, module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Sweep:
  """Many runs of one config, each with some bindings of its own.

  Attributes:
    space: what varies, by gin binding or macro: a list of choices; ("float", low,
      high[, step]); ("log", low, high); ("int", low, high[, step]). Or, under a name
      of yours, bundles that vary together: {"name": {binding: value, …}, …}, where a
      value may itself vary under this choice alone: ("choice", a, b), a range, or
      bundles.
    goals: one metric of the evaluation, or two goals, of which the second may be
      "seconds" (of the whole run) or "bytes" (of the exported model).
    smaller_is_better: {goal: bool}; None means that losses, errors, seconds and
      bytes are, and others aren't.
    strategy: "tpe", "random", "grid" (all combinations), or "nsga2" for two goals.
    pruning: "median" or "hyperband" stops a trial early if it is behind the others
      at an evaluation; None lets every trial finish. For one goal.
    repeats: runs of each trial, with seeds one apart; the goal is their mean.
    max_trials: number of trials; a grid has one for each combination.
    max_hours: no trial starts after that time; None sets no bound.
    max_failures: no trial starts after so many have failed.
    seed: of the strategy's draws. With several workers, their draws also depend on
      which worker is first.
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

  def __post_init__(self) -> None:
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
    """Returns whether smaller values of a goal are better."""
    default = goal in (SECONDS, BYTES) or results.is_better_smaller(goal)
    return (self.smaller_is_better or {}).get(goal, default)


def read_sweep() -> Sweep:
  """Returns the sweep that is bound in gin, with its space as a `Space`.

  The values in the space aren't evaluated: each trial evaluates its own.

  Raises:
    UserError: gin binds no sweep.space, or a setting is invalid.
  """
  raw = config.take_raw(f"{_NAME}.space")
  if raw is None:
    raise UserError(
      "The config binds no sweep.space, so nothing varies: see "
      "configs/sweeps/modules_vader.gin."
    )
  sweep = config.build(_NAME)
  return dataclasses.replace(sweep, space=read_space(raw))
