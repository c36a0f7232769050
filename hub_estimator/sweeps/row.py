"""One trial as a row of the leaderboard."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from optuna.trial import FrozenTrial, TrialState

from hub_estimator.sweeps import trial_attributes as attributes
from hub_estimator.sweeps.slots import slot_of

# In the order of the leaderboard.
STATES = {
  TrialState.COMPLETE: "finished",
  TrialState.PRUNED: "pruned",
  TrialState.FAIL: "failed",
  TrialState.RUNNING: "running",
  TrialState.WAITING: "waiting",
}


@dataclasses.dataclass(frozen=True)
class Row:
  """One trial.

  Attributes:
    rank: from 1, for trials that finished; None for the others.
    trial: its number, which is its directory's name.
    state: "finished", "pruned", "failed", "running" or "waiting".
    goals: value of each goal; empty unless it finished.
    spreads: standard deviation of each goal over the repeats; empty without repeats.
    is_on_front: whether no other trial is better in all goals.
    params: the study's parameters.
    modules: handles by module.name.
    metrics: of the last evaluation of the first repeat.
    curve: [step, value] of the first goal at each evaluation.
    seconds: duration of the run.
    bytes: size of the exported full model.
    model_dir: of the trial's run.
    exports: by kind, as in result.json.
    error: one line, if it failed.
  """

  rank: int | None
  trial: int
  state: str
  goals: Mapping[str, float]
  spreads: Mapping[str, float]
  is_on_front: bool
  params: Mapping[str, Any]
  modules: Mapping[str, str]
  metrics: Mapping[str, Any]
  curve: Sequence[Sequence[float]]
  seconds: float | None
  bytes: int | None
  model_dir: str | None
  exports: Mapping[str, Any]
  error: str | None


def make_row(
  trial: FrozenTrial, goals: Sequence[str], *, place: int, is_on_front: bool
) -> Row:
  """Returns a trial's row.

  Args:
    trial: holds a slot.
    goals: names of the sweep's goals.
    place: from 1, among all trials.
    is_on_front: whether no other trial is better in all goals.
  """
  recorded = trial.user_attrs
  finished = trial.state == TrialState.COMPLETE
  values = trial.values if finished else []
  spreads = recorded.get(attributes.SPREADS, ())
  return Row(
    rank=place if finished else None,
    trial=slot_of(trial),
    state=STATES[trial.state],
    goals=dict(zip(goals, values, strict=True)) if finished else {},
    spreads=dict(zip(goals, spreads, strict=False)),
    is_on_front=is_on_front,
    params=dict(trial.params),
    modules=recorded.get(attributes.MODULES, {}),
    metrics=recorded.get(attributes.METRICS, {}),
    curve=recorded.get(attributes.CURVE, []),
    seconds=recorded.get(attributes.SECONDS),
    bytes=recorded.get(attributes.BYTES),
    model_dir=recorded.get(attributes.MODEL_DIR),
    exports=recorded.get(attributes.EXPORTS, {}),
    error=recorded.get(attributes.ERROR),
  )
