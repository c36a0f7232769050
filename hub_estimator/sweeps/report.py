"""A sweep as one page: ranking, importances, curves, modules, failures.

The page holds all that it needs, the drawing library included.
"""

import html
import pathlib
import warnings
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

import optuna
from optuna.trial import TrialState

from hub_estimator import disk
from hub_estimator.sweeps import leaderboard
from hub_estimator.sweeps.leaderboard import Row
from hub_estimator.sweeps.sweep import Sweep

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 72rem;
  padding: 0 1rem; color: #1c2430; background: #fff; }
h1 { font-size: 1.6rem; margin-bottom: 0; } h2 { margin-top: 2.5rem; }
.lead { color: #566273; margin-top: .2rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .3rem .8rem; border-bottom: 1px solid #e3e7ee;
  white-space: nowrap; }
th { background: #f5f7fa; position: sticky; top: 0; }
tr.best td { background: #eaf6ee; font-weight: 600; }
tr.failed td, tr.pruned td { color: #8a94a3; }
code { background: #f5f7fa; padding: .1rem .3rem; }
"""


def write(
  study: optuna.Study, rows: Sequence[Row], sweep: Sweep, path: pathlib.Path
) -> None:
  """Writes the page, whole.

  Args:
    study: of the sweep.
    rows: of its leaderboard.
    sweep: its choices.
    path: of the HTML file.
  """
  disk.write_text(path, _page(study, rows, sweep, path.parent.name))


def _page(study, rows, sweep, title) -> str:
  counts = defaultdict(int)
  for row in rows:
    counts[row.state] += 1
  lead = ", ".join(f"{n} {state}" for state, n in counts.items())
  parts = [
    "<!doctype html><html lang='en'><head><meta charset='utf-8'>",
    "<meta name='viewport' content='width=device-width, initial-scale=1'>",
    f"<title>{html.escape(title)}: sweep</title><style>{_STYLE}</style></head><body>",
    f"<h1>{html.escape(title)}</h1>",
    f"<p class='lead'>{lead or 'no trials'}; goal: "
    f"{html.escape(' and '.join(_goal_text(g, sweep) for g in sweep.goals))}</p>",
    "<h2>Ranking</h2>",
    _table(rows, sweep),
  ]
  with_library = True
  for heading, remark, figure in _figures(study, rows, sweep):
    figure.update_layout(title=None, margin={"t": 30})
    drawn = figure.to_html(
      full_html=False,
      include_plotlyjs=with_library,
      config={"displaylogo": False, "responsive": True},
    )
    with_library = False
    parts += [
      f"<h2>{heading}</h2><p>{remark}</p><div class='figure'>",
      drawn,
      "</div>",
    ]
  failed = [row for row in rows if row.error]
  if failed:
    parts.append("<h2>Failures</h2><ul>")
    parts += [
      f"<li>Trial {row.trial}: <code>{html.escape(row.error)}</code></li>"
      for row in failed
    ]
    parts.append("</ul>")
  return "\n".join([*parts, "</body></html>\n"])


def _goal_text(goal: str, sweep: Sweep) -> str:
  return f"{goal}, {'smaller' if sweep.is_smaller_better(goal) else 'larger'} is better"


def _table(rows, sweep) -> str:
  header, cells = leaderboard.columns(rows, sweep)
  lines = ["<div class='scroll'><table><thead><tr>"]
  lines += [f"<th>{html.escape(cell)}</th>" for cell in header]
  lines.append("</tr></thead><tbody>")
  for row, line in zip(rows, cells, strict=True):
    kind = "best" if row.rank == 1 else row.state
    lines.append(f"<tr class='{kind}'>")
    lines += [f"<td>{html.escape(cell)}</td>" for cell in line]
    lines.append("</tr>")
  return "".join([*lines, "</tbody></table></div>"])


def _figures(study, rows, sweep) -> Iterator[tuple[str, str, Any]]:
  """Yields (heading, remark, figure) of what the trials suffice for."""
  import plotly.graph_objects as go
  from optuna import visualization

  goal = sweep.goals[0]
  finished = [row for row in rows if row.rank is not None]
  if not finished:
    return
  if len(sweep.goals) == 2:
    yield (
      "Both goals",
      "No trial on the front is beaten in both.",
      visualization.plot_pareto_front(study, target_names=list(sweep.goals)),
    )

  # None is the only goal, in its direction; of two, smaller must be better.
  sign = 1 if sweep.is_smaller_better(goal) else -1
  one = len(sweep.goals) == 1
  importance_target = None if one else (lambda trial: sign * trial.values[0])
  target = None if one else (lambda trial: trial.values[0])
  complete = study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
  varied = [
    name
    for name in complete[0].params
    if len({repr(t.params.get(name)) for t in complete}) > 1
    and all(name in t.params for t in complete)
  ]
  if varied and len(complete) > 3:
    with warnings.catch_warnings():
      # Of two goals it remarks on the direction, which is the right one here.
      warnings.simplefilter("ignore", UserWarning)
      figure = visualization.plot_param_importances(
        study,
        evaluator=optuna.importance.PedAnovaImportanceEvaluator(),
        params=varied,
        target=importance_target,
        target_name=goal,
      )
    yield (
      "Importance of each parameter",
      f"How much of the differences in {html.escape(goal)} each explains "
      "(PED-ANOVA).",
      figure,
    )
  if varied and len(complete) > 1:
    yield (
      "Parallel coordinates",
      "One line a trial; drag along an axis to choose.",
      visualization.plot_parallel_coordinate(
        study, params=varied, target=target, target_name=goal
      ),
    )
  curves = [row for row in rows if row.curve]
  if curves:
    figure = go.Figure()
    for row in curves:
      steps, values = zip(*row.curve, strict=True)
      figure.add_trace(
        go.Scatter(
          x=steps, y=values, mode="lines+markers", name=f"trial {row.trial}"
        )
      )
    figure.update_layout(xaxis_title="optimizer steps", yaxis_title=goal)
    yield "Curves", "The first goal at each evaluation.", figure
  by_module = defaultdict(list)
  for row in finished:
    label = " + ".join(pathlib.Path(h).name for h in row.modules.values())
    by_module[label or "no module"].append(row.goals[goal])
  if len(by_module) > 1:
    figure = go.Figure()
    for label, values in sorted(by_module.items()):
      figure.add_trace(go.Box(y=values, name=label, boxpoints="all"))
    figure.update_layout(yaxis_title=goal, showlegend=False)
    yield "Modules", "What each gave over its trials.", figure
