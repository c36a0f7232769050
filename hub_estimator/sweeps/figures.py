"""The figures of a sweep's report, each drawn if the trials suffice for it."""

import dataclasses
import html
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import optuna
from optuna.trial import FrozenTrial, TrialState

from hub_estimator.sweeps.row import Row
from hub_estimator.sweeps.sweep import Sweep
from hub_estimator.sweeps.tables import module_names

_LEAST_FOR_IMPORTANCES = 4
_LEAST_FOR_COORDINATES = 2


@dataclasses.dataclass(frozen=True)
class Figure:
  """A figure of the report.

  Attributes:
    heading: above it, as HTML.
    remark: one sentence, as HTML.
    drawing: a `plotly.graph_objects.Figure`.
  """

  heading: str
  remark: str
  drawing: Any


def make_figures(
  study: optuna.Study, rows: Sequence[Row], sweep: Sweep
) -> Iterator[Figure]:
  """Yields the figures that a sweep's trials suffice for.

  Args:
    study: of the sweep.
    rows: of its leaderboard.
    sweep: its settings.
  """
  if all(row.rank is None for row in rows):
    return
  if len(sweep.goals) == 2:
    yield _front(study, sweep)
  trials = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
  varied = _varied(trials)
  if varied and len(trials) >= _LEAST_FOR_IMPORTANCES:
    yield _importances(study, varied, sweep)
  if varied and len(trials) >= _LEAST_FOR_COORDINATES:
    yield _coordinates(study, varied, sweep)
  if any(row.curve for row in rows):
    yield _curves(rows, sweep)
  by_module = _values_by_module(rows, sweep)
  if len(by_module) > 1:
    yield _modules(by_module, sweep)


def _varied(trials: Sequence[FrozenTrial]) -> list[str]:
  """Returns the parameters that all trials have and that differ among them."""
  return [
    name
    for name in trials[0].params
    if len({repr(t.params.get(name)) for t in trials}) > 1
    and all(name in t.params for t in trials)
  ]


def _target(
  sweep: Sweep, *, sign: int = 1
) -> Callable[[FrozenTrial], float] | None:
  """Returns the first of two goals; None means the only one."""
  if len(sweep.goals) == 1:
    return None
  return lambda trial: sign * trial.values[0]


def _front(study: optuna.Study, sweep: Sweep) -> Figure:
  return Figure(
    "Both goals",
    "No other trial is better in both goals than one on the front.",
    optuna.visualization.plot_pareto_front(
      study, target_names=list(sweep.goals)
    ),
  )


def _importances(
  study: optuna.Study, varied: Sequence[str], sweep: Sweep
) -> Figure:
  goal = sweep.goals[0]
  # Optuna knows a single goal's direction; of two, it takes smaller as better.
  sign = 1 if sweep.is_smaller_better(goal) else -1
  with warnings.catch_warnings():
    # It warns about that direction, which is the right one here.
    warnings.simplefilter("ignore", UserWarning)
    drawing = optuna.visualization.plot_param_importances(
      study,
      evaluator=optuna.importance.PedAnovaImportanceEvaluator(),
      params=list(varied),
      target=_target(sweep, sign=sign),
      target_name=goal,
    )
  return Figure(
    "Importance of each parameter",
    f"How much of the differences in {html.escape(goal)} each explains "
    "(PED-ANOVA).",
    drawing,
  )


def _coordinates(
  study: optuna.Study, varied: Sequence[str], sweep: Sweep
) -> Figure:
  return Figure(
    "Parallel coordinates",
    "One line for each trial; drag along an axis to select.",
    optuna.visualization.plot_parallel_coordinate(
      study,
      params=list(varied),
      target=_target(sweep),
      target_name=sweep.goals[0],
    ),
  )


def _curves(rows: Sequence[Row], sweep: Sweep) -> Figure:
  import plotly.graph_objects as go

  drawing = go.Figure()
  for row in rows:
    if row.curve:
      steps, values = zip(*row.curve, strict=True)
      drawing.add_trace(
        go.Scatter(
          x=steps, y=values, mode="lines+markers", name=f"trial {row.trial}"
        )
      )
  drawing.update_layout(
    xaxis_title="optimizer steps", yaxis_title=sweep.goals[0]
  )
  return Figure("Curves", "The first goal at each evaluation.", drawing)


def _values_by_module(
  rows: Sequence[Row], sweep: Sweep
) -> dict[str, list[float]]:
  """Returns the first goal's values of finished trials, by their modules."""
  values = defaultdict(list)
  for row in rows:
    if row.rank is not None:
      values[module_names(row) or "no module"].append(row.goals[sweep.goals[0]])
  return values


def _modules(by_module: dict[str, list[float]], sweep: Sweep) -> Figure:
  import plotly.graph_objects as go

  drawing = go.Figure()
  for name, values in sorted(by_module.items()):
    drawing.add_trace(go.Box(y=values, name=name, boxpoints="all"))
  drawing.update_layout(yaxis_title=sweep.goals[0], showlegend=False)
  return Figure("Modules", "Each module's values over its trials.", drawing)
