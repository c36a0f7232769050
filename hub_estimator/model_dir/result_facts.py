"""A result as people read it: one fact a line, or a table in a notebook."""

import html
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
  from hub_estimator.model_dir.results import Result



def to_text(result: "Result") -> str:
  """Returns one line for the state, and one for each other fact."""
  facts = list(_facts(result))
  width = max((len(name) for name, _ in facts), default=0)
  lines = [f"  {name:<{width}}  {value}" for name, value in facts]
  return "\n".join([_title(result), *lines])


def to_html(result: "Result") -> str:
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


def _title(result: "Result") -> str:
  return f"Result: {result.state} at step {result.steps}"


def _facts(result: "Result") -> Iterator[tuple[str, str]]:
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
