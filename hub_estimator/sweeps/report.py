"""A sweep as one page: ranking, importances, curves, modules, failures.

The page needs no network: it contains the drawing library.
"""

import html
import pathlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import optuna

from hub_estimator import disk
from hub_estimator.sweeps.figures import Figure, make_figures
from hub_estimator.sweeps.row import Row
from hub_estimator.sweeps.sweep import Sweep
from hub_estimator.sweeps.tables import to_html

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
  """Writes the page atomically.

  Args:
    study: of the sweep.
    rows: of its leaderboard.
    sweep: its settings.
    path: of the HTML file; the name of its directory is the page's title.
  """
  parts = [
    *_head(path.parent.name),
    _lead(rows, sweep),
    "<h2>Ranking</h2>",
    f"<div class='scroll'>{to_html(rows, sweep, at_most=None)}</div>",
    *_figures(make_figures(study, rows, sweep)),
    *_failures(rows),
    "</body></html>\n",
  ]
  disk.write_text(path, "\n".join(parts))


def _head(title: str) -> Iterator[str]:
  escaped = html.escape(title)
  yield "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
  yield "<meta name='viewport' content='width=device-width, initial-scale=1'>"
  yield f"<title>{escaped}: sweep</title><style>{_STYLE}</style></head><body>"
  yield f"<h1>{escaped}</h1>"


def _lead(rows: Sequence[Row], sweep: Sweep) -> str:
  counts = Counter(row.state for row in rows)
  states = ", ".join(f"{count} {state}" for state, count in counts.items())
  goals = " and ".join(
    f"{goal}, {'smaller' if sweep.is_smaller_better(goal) else 'larger'} is better"
    for goal in sweep.goals
  )
  return (
    f"<p class='lead'>{states or 'no trials'}; goal: {html.escape(goals)}</p>"
  )


def _figures(figures: Iterable[Figure]) -> Iterator[str]:
  with_library = True
  for figure in figures:
    figure.drawing.update_layout(title=None, margin={"t": 30})
    yield f"<h2>{figure.heading}</h2><p>{figure.remark}</p><div class='figure'>"
    yield figure.drawing.to_html(
      full_html=False,
      include_plotlyjs=with_library,
      config={"displaylogo": False, "responsive": True},
    )
    yield "</div>"
    with_library = False


def _failures(rows: Sequence[Row]) -> Iterator[str]:
  failed = [row for row in rows if row.error]
  if failed:
    yield "<h2>Failures</h2><ul>"
    for row in failed:
      error = html.escape(row.error or "")
      yield f"<li>Trial {row.trial}: <code>{error}</code></li>"
    yield "</ul>"
