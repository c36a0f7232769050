"""The outcome of a run, and how people read it: one fact a line, or a table."""

import dataclasses
import html
from collections.abc import Iterator, Mapping
from typing import Any

FINISHED = "finished"
STOPPED_EARLY = "stopped early"
FAILED = "failed"


@dataclasses.dataclass(frozen=True, repr=False)
class Result:
  """The outcome of a run. Printed, it has one fact a line.

  Attributes:
    state: FINISHED, STOPPED_EARLY or FAILED.
    steps: optimizer steps of the last checkpoint.
    metrics: by name, from the evaluation of the last checkpoint.
    best: by metric, {"value", "step"} of its best evaluation: the largest value,
      or the smallest of a loss or an error.
    exports: by kind, {"version", "model", "module"}, paths relative to the
      model_dir; or {"error"}.
    seconds: time spent in "check", "train_and_evaluate" and "total".
    skipped_records: by "train" and "eval", the number of bad records that were
      skipped.
    error: one line if the run failed, otherwise None.
  """

  state: str
  steps: int
  metrics: Mapping[str, float]
  best: Mapping[str, Mapping[str, float]]
  exports: Mapping[str, Mapping[str, Any]]
  seconds: Mapping[str, float]
  skipped_records: Mapping[str, int] = dataclasses.field(default_factory=dict)
  error: str | None = None

  def __repr__(self) -> str:
    return _to_text(self)

  def _repr_html_(self) -> str:
    return _to_html(self)


def _to_text(result: Result) -> str:
  """Returns one line for the state, and one for each other fact."""
  facts = list(_facts(result))
  width = max((len(name) for name, _ in facts), default=0)
  lines = [f"  {name:<{width}}  {value}" for name, value in facts]
  return "\n".join([_title(result), *lines])


def _to_html(result: Result) -> str:
  """Returns a table with one row for each fact, under the state."""
  rows = "".join(
    f"<tr><th style='text-align:left'>{html.escape(name)}</th>"
    f"<td style='text-align:left'>{html.escape(value)}</td></tr>"
    for name, value in _facts(result)
  )
  return (
    f"<table><caption>{html.escape(_title(result))}</caption>"
    f"<tbody>{rows}</tbody></table>"
  )


def _title(result: Result) -> str:
  return f"Result: {result.state} at step {result.steps}"


def _facts(result: Result) -> Iterator[tuple[str, str]]:
  """Yields (name, value) for everything that a result holds."""
  if result.error is not None:
    yield "error", result.error
  for name, value in result.metrics.items():
    if name != "global_step":
      yield name, _number(value) + _best(result.best.get(name))
  for kind, export in result.exports.items():
    yield f"export {kind}", _export(export)
  for data, count in result.skipped_records.items():
    if count:
      yield f"skipped {data}", f"{count} bad records"
  if result.seconds:
    yield (
      "seconds",
      ", ".join(f"{k} {v:.1f}" for k, v in result.seconds.items()),
    )


def _best(best: Mapping[str, float] | None) -> str:
  if best is None:
    return ""
  return f" (best {_number(best['value'])} at step {best['step']})"


def _export(export: Mapping[str, Any]) -> str:
  if "error" in export:
    return f"failed: {export['error']}"
  return ", ".join(f"{k} {v}" for k, v in export.items() if v is not None)


def _number(value: Any) -> str:
  return f"{value:.6g}" if isinstance(value, float) else str(value)
