"""Which trial is best: rows, ranked, as a table, csv, JSON and Markdown."""

import csv
import dataclasses
import io
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.trial import TrialState

from hub_estimator import disk
from hub_estimator.model_dir import write_json
from hub_estimator.sweeps import study as studies
from hub_estimator.sweeps.sweep import Sweep

_STATES = {
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
    rank: from 1, of those that finished; None of the others.
    trial: its number, which is its directory's name.
    state: "finished", "pruned", "failed", "running" or "waiting".
    goals: value of each goal; empty where it didn't finish.
    spreads: standard deviation of each over the repeats; empty without repeats.
    is_on_front: no other trial is better in all goals.
    params: of the study.
    modules: handles by module.name.
    metrics: of the last evaluation, of the first repeat.
    curve: [step, value] of the first goal at each evaluation.
    seconds: that the run took.
    bytes: of the exported full model.
    model_dir: of the trial's run.
    exports: by kind, as in result.json.
    error: one line, where it failed.
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


def make_rows(study: optuna.Study, sweep: Sweep) -> list[Row]:
  """Returns all trials that count, the best first.

  With two goals the first decides, among those that no other beats in both.
  """
  trials = studies.trials_of(study)
  front = set()
  if any(t.state == TrialState.COMPLETE for t in trials):
    front = {t.number for t in study.best_trials}
  sign = -1 if not sweep.is_smaller_better(sweep.goals[0]) else 1

  def order(trial):
    if trial.state != TrialState.COMPLETE:
      return (list(_STATES).index(trial.state), 0.0, trial.number)
    behind = len(sweep.goals) == 2 and trial.number not in front
    return (0, behind, sign * trial.values[0], trial.number)

  rows = []
  for rank, trial in enumerate(sorted(trials, key=order), start=1):
    attrs = trial.user_attrs
    finished = trial.state == TrialState.COMPLETE
    rows.append(
      Row(
        rank=rank if finished else None,
        trial=studies.slot_of(trial),
        state=_STATES[trial.state],
        goals=dict(zip(sweep.goals, trial.values, strict=True))
        if finished
        else {},
        spreads=dict(zip(sweep.goals, attrs.get("spreads", ()), strict=False)),
        is_on_front=trial.number in front,
        params=dict(trial.params),
        modules=attrs.get("modules", {}),
        metrics=attrs.get("metrics", {}),
        curve=attrs.get("curve", []),
        seconds=attrs.get("seconds"),
        bytes=attrs.get("bytes"),
        model_dir=attrs.get("model_dir"),
        exports=attrs.get("exports", {}),
        error=attrs.get(studies.ERROR),
      )
    )
  return rows


def columns(rows: Sequence[Row], sweep: Sweep) -> tuple[list[str], list[list]]:
  """Returns (header, cells) of the table that people read."""
  params = list(dict.fromkeys(name for row in rows for name in row.params))
  several = len({tuple(sorted(row.modules.items())) for row in rows}) > 1
  module = ["module"] if several else []
  header = ["rank", "trial", "state", *sweep.goals, *module, *params]
  sizes = {"seconds": "seconds", "MB": "bytes"}
  header += [name for name, goal in sizes.items() if goal not in sweep.goals]
  header.append("version")
  cells = []
  for row in rows:
    line: list[Any] = [row.rank, row.trial, row.state]
    for goal in sweep.goals:
      text = number(row.goals.get(goal))
      if goal in row.spreads:
        text += f" ± {number(row.spreads[goal])}"
      line.append(text)
    if several:
      line.append(
        " + ".join(pathlib.Path(h).name for h in row.modules.values())
      )
    line += [number(row.params.get(name, "")) for name in params]
    if "seconds" not in sweep.goals:
      line.append(number(row.seconds and round(row.seconds, 1)))
    if "bytes" not in sweep.goals:
      line.append(number(row.bytes and round(row.bytes / 1e6, 2)))
    line.append(
      next(
        (str(e["version"]) for e in row.exports.values() if "version" in e), ""
      )
    )
    cells.append(["" if cell is None else str(cell) for cell in line])
  return header, cells


def number(value: Any) -> str:
  """Returns a value as a cell: floats with four digits that count."""
  if value is None:
    return ""
  return f"{value:.4g}" if isinstance(value, float) else str(value)


def to_text(rows: Sequence[Row], sweep: Sweep, *, at_most: int = 20) -> str:
  """Returns the table for a terminal."""
  header, cells = columns(rows[:at_most], sweep)
  widths = [
    max(len(line[i]) for line in [header, *cells]) for i in range(len(header))
  ]
  lines = [
    "  ".join(
      cell.ljust(width) for cell, width in zip(line, widths, strict=True)
    )
    for line in [header, *cells]
  ]
  if len(rows) > at_most:
    lines.append(f"… and {len(rows) - at_most} more in leaderboard.md")
  return "\n".join(line.rstrip() for line in lines)


def to_markdown(rows: Sequence[Row], sweep: Sweep) -> str:
  """Returns the table as Markdown, and below it why trials failed."""
  header, cells = columns(rows, sweep)
  lines = [header, ["---"] * len(header), *cells]
  text = "\n".join(
    "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |"
    for line in lines
  )
  failed = [row for row in rows if row.error]
  if failed:
    text += "\n\nFailed:\n\n"
    text += "\n".join(f"- trial {row.trial}: {row.error}" for row in failed)
  return text + "\n"


def to_csv(rows: Sequence[Row], sweep: Sweep) -> str:
  """Returns one line a trial with numbers in full."""
  params = list(dict.fromkeys(name for row in rows for name in row.params))
  metrics = list(dict.fromkeys(name for row in rows for name in row.metrics))
  stream = io.StringIO()
  writer = csv.writer(stream, lineterminator="\n")
  writer.writerow(
    ["rank", "trial", "state", *sweep.goals]
    + [f"{goal} spread" for goal in sweep.goals]
    + ["modules", *params, "seconds", "bytes"]
    + [f"metric {name}" for name in metrics]
    + ["model_dir", "error"]
  )
  for row in rows:
    writer.writerow(
      [row.rank, row.trial, row.state]
      + [row.goals.get(goal) for goal in sweep.goals]
      + [row.spreads.get(goal) for goal in sweep.goals]
      + [" + ".join(row.modules.values())]
      + [row.params.get(name) for name in params]
      + [row.seconds, row.bytes]
      + [row.metrics.get(name) for name in metrics]
      + [row.model_dir, row.error]
    )
  return stream.getvalue()


def write(rows: Sequence[Row], sweep: Sweep, directory: pathlib.Path) -> None:
  """Writes leaderboard.csv, .json and .md, each whole."""
  disk.write_text(directory / "leaderboard.csv", to_csv(rows, sweep))
  disk.write_text(directory / "leaderboard.md", to_markdown(rows, sweep))
  write_json(
    directory / "leaderboard.json",
    {
      "goals": list(sweep.goals),
      "smaller_is_better": {g: sweep.is_smaller_better(g) for g in sweep.goals},
      "trials": [dataclasses.asdict(row) for row in rows],
    },
  )
