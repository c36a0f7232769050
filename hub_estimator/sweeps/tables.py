"""The leaderboard as a table: text, HTML, Markdown and csv."""

import csv
import html
import io
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hub_estimator.sweeps.row import Row
from hub_estimator.sweeps.sweep import BYTES, SECONDS, Sweep

_MOST_ROWS = 20
_BYTES_PER_MB = 1e6


def columns(
  rows: Sequence[Row], sweep: Sweep
) -> tuple[list[str], list[list[str]]]:
  """Returns (header, cells of each row) of the table that people read."""
  params = _names(row.params for row in rows)
  several = len({tuple(sorted(row.modules.items())) for row in rows}) > 1
  header = ["rank", "trial", "state", *sweep.goals]
  header += ["module"] if several else []
  header += [*params, *_sizes(sweep), "version"]
  cells = []
  for row in rows:
    line = [number(row.rank), str(row.trial), row.state]
    line += [_goal(row, goal) for goal in sweep.goals]
    line += [module_names(row)] if several else []
    line += [number(row.params.get(name, "")) for name in params]
    line += [_size(row, name) for name in _sizes(sweep)]
    line.append(_version(row))
    cells.append(line)
  return header, cells


def number(value: Any) -> str:
  """Returns a value as a cell: a float with four significant digits."""
  if value is None:
    return ""
  return f"{value:.4g}" if isinstance(value, float) else str(value)


def module_names(row: Row) -> str:
  """Returns the last part of each module's handle."""
  return " + ".join(pathlib.Path(h).name for h in row.modules.values())


def to_text(
  rows: Sequence[Row], sweep: Sweep, *, at_most: int = _MOST_ROWS
) -> str:
  """Returns the table for a terminal."""
  header, cells = columns(rows[:at_most], sweep)
  widths = [
    max(len(line[i]) for line in [header, *cells]) for i in range(len(header))
  ]
  lines = [
    "  ".join(
      cell.ljust(width) for cell, width in zip(line, widths, strict=True)
    ).rstrip()
    for line in [header, *cells]
  ]
  return "\n".join(lines + _more(rows, at_most))


def to_html(
  rows: Sequence[Row], sweep: Sweep, *, at_most: int | None = _MOST_ROWS
) -> str:
  """Returns the table for a page or a notebook.

  Args:
    rows: of the leaderboard. A row has its state as its class, or "best".
    sweep: its settings.
    at_most: rows in the table; None shows all.
  """
  shown = rows[:at_most]
  header, cells = columns(shown, sweep)
  lines = ["<table><thead><tr>"]
  lines += [f"<th>{html.escape(cell)}</th>" for cell in header]
  lines.append("</tr></thead><tbody>")
  for row, line in zip(shown, cells, strict=True):
    kind = "best" if row.rank == 1 else row.state
    lines.append(f"<tr class='{kind}'>")
    lines += [f"<td>{html.escape(cell)}</td>" for cell in line]
    lines.append("</tr>")
  lines.append("</tbody></table>")
  lines += [f"<p>{text}</p>" for text in _more(rows, at_most)]
  return "".join(lines)


def to_markdown(rows: Sequence[Row], sweep: Sweep) -> str:
  """Returns the table as Markdown, followed by the reasons for failures."""
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
  """Returns one line for each trial, with numbers in full."""
  params = _names(row.params for row in rows)
  metrics = _names(row.metrics for row in rows)
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


def _names(mappings: Iterable[Mapping[str, Any]]) -> list[str]:
  """Returns all keys, each once, in the order of their first occurrence."""
  return list(dict.fromkeys(name for mapping in mappings for name in mapping))


def _goal(row: Row, goal: str) -> str:
  text = number(row.goals.get(goal))
  if goal in row.spreads:
    text += f" ± {number(row.spreads[goal])}"
  return text


def _sizes(sweep: Sweep) -> list[str]:
  """Returns the columns of sizes that aren't goals."""
  sizes = {"seconds": SECONDS, "MB": BYTES}
  return [name for name, goal in sizes.items() if goal not in sweep.goals]


def _size(row: Row, name: str) -> str:
  if name == "seconds":
    return number(row.seconds and round(row.seconds, 1))
  return number(row.bytes and round(row.bytes / _BYTES_PER_MB, 2))


def _version(row: Row) -> str:
  versions = (e["version"] for e in row.exports.values() if "version" in e)
  return str(next(versions, ""))


def _more(rows: Sequence[Row], at_most: int | None) -> list[str]:
  """Returns a line about the rows that aren't shown, if there are any."""
  if at_most is None or len(rows) <= at_most:
    return []
  return [f"… and {len(rows) - at_most} more in leaderboard.md"]
