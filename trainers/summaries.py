"""The summaries of `train`, `evaluate`, `export` and `sweep` for a terminal."""

import os
import shlex
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hub_estimator.trainers.progress_line import clock_text
from hub_estimator.trainers.terminal import Row, Section, show

if TYPE_CHECKING:
  from hub_estimator.model_dir import Result

_MOST_METRICS = 8


def show_training(
  model_dir: str, result: "Result", *, report: str | None = None
) -> None:
  """Shows the outcome of a run: scores, files, and what to do next.

  Args:
    model_dir: as the user wrote it.
    result: of the run.
    report: the path of its page; None if there is none.
  """
  total = result.seconds.get("total")
  duration = "" if total is None else f" in {clock_text(total)}"
  files = [Row("run", model_dir)]
  if report is not None:
    files.append(Row("report", report))
  models = []
  for kind, export in result.exports.items():
    if "error" in export:
      files.append(Row(f"export {kind}", f"failed: {export['error']}"))
    for half in ("model", "module"):
      if export.get(half):
        path = os.path.join(model_dir, export[half])
        files.append(Row(f"{half} ({kind})", path))
        models += [path] if half == "model" else []
  show(
    f"{result.state} after {result.steps:,} steps{duration}",
    [
      Section(list(_metrics(result.metrics, result.best, model_dir))),
      Section(files),
      Section(list(_next_of_run(model_dir, models, is_new=True)), "next"),
    ],
  )


def show_evaluation(model_dir: str, metrics: Mapping[str, Any]) -> None:
  """Shows the metrics of a checkpoint.

  Args:
    model_dir: of the run.
    metrics: by name, and "global_step".
  """
  show(
    f"evaluated step {metrics['global_step']:,}",
    [
      Section(list(_metrics(metrics, {}, None))),
      Section(list(_next_of_run(model_dir, [], is_new=False)), "next"),
    ],
  )


def show_export(model_dir: str, version: Mapping[str, Any]) -> None:
  """Shows where an export is, and how to use it.

  Args:
    model_dir: of the run.
    version: "version", "model", "module" and perhaps "packed".
  """
  halves = [Row(h, version[h]) for h in ("model", "module") if version[h]]
  packed = [Row("packed", path) for path in version.get("packed", ())]
  show(
    f"exported version {version['version']}",
    [
      Section([*halves, *packed]),
      Section([_serve(model_dir)], "next"),
    ],
  )


def next_of_sweep(sweep_dir: str) -> Section:
  """Returns the commands that follow a sweep."""
  best = shlex.quote(os.path.join(sweep_dir, "best.gin"))
  command = f"hub-estimator train --gin_file {best} --model_dir NEW"
  return Section([Row("train", command)], "next")


def _metrics(
  metrics: Mapping[str, Any],
  best: Mapping[str, Mapping[str, float]],
  model_dir: str | None,
) -> Iterator[Row]:
  from hub_estimator.model_dir import headline

  scores = headline(metrics)
  for name in list(scores)[:_MOST_METRICS]:
    yield Row(name, _number(scores[name]), _note(name, metrics, best))
  left = len(scores) - _MOST_METRICS
  if left > 0:
    where = "result.json" if model_dir else "--json"
    yield Row("…", f"{left} more: {where}")


def _note(
  name: str,
  metrics: Mapping[str, Any],
  best: Mapping[str, Mapping[str, float]],
) -> str:
  kind, _, head = name.partition("/")
  notes = []
  baseline = metrics.get("accuracy_baseline" + (f"/{head}" if head else ""))
  if kind == "accuracy" and isinstance(baseline, float):
    notes.append(f"{_number(baseline)} if one class is always predicted")
  found = best.get(name)
  if found is not None and _number(found["value"]) != _number(metrics[name]):
    notes.append(f"best {_number(found['value'])} at step {found['step']:,}")
  return "; ".join(notes)


def _next_of_run(
  model_dir: str, models: list[str], *, is_new: bool
) -> Iterator[Row]:
  run = f"--model_dir {shlex.quote(model_dir)}"
  if is_new:
    yield Row("evaluate", f"hub-estimator evaluate {run}")
  yield Row("predict", f"hub-estimator predict {run} --input FILE")
  if not models:
    yield Row("export", f"hub-estimator export {run}")
  else:
    yield _serve(model_dir)


def _serve(model_dir: str) -> Row:
  return Row("serve", f"hub-estimator serve {shlex.quote(model_dir)}")


def _number(value: float) -> str:
  return f"{value:.4g}"
