"""What a person at a terminal reads at the end of a command, instead of JSON."""

import argparse
import dataclasses
import os
import sys
from collections.abc import Sequence
from typing import TextIO

_USUAL_COLUMNS = 80
_INDENT = "  "


def add_json_argument(parser: argparse.ArgumentParser) -> None:
  """Adds the flag for JSON on a terminal."""
  parser.add_argument(
    "--json",
    action="store_true",
    help="print JSON also on a terminal; files and pipes get it anyway",
  )


def is_read_by_a_person(args: argparse.Namespace) -> bool:
  """Returns whether standard output is a terminal, and --json isn't given."""
  return not args.json and sys.stdout.isatty()


@dataclasses.dataclass(frozen=True)
class Row:
  """One line of a summary.

  Attributes:
    name: in the first column.
    value: in the second one; never cut, for people copy paths.
    note: behind it; left out where the terminal is too narrow.
  """

  name: str
  value: str
  note: str = ""


@dataclasses.dataclass(frozen=True)
class Section:
  """Rows in aligned columns.

  Attributes:
    rows: from top to bottom.
    title: above them; may be empty.
  """

  rows: Sequence[Row]
  title: str = ""


def show(
  title: str, sections: Sequence[Section], stream: TextIO | None = None
) -> None:
  """Writes a summary.

  Args:
    title: its first line.
    sections: below the title.
    stream: None means standard output.
  """
  stream = sys.stdout if stream is None else stream
  stream.write(_bold(title, stream) + "\n")
  show_sections(sections, stream)


def show_sections(
  sections: Sequence[Section], stream: TextIO | None = None
) -> None:
  """Writes sections, each below an empty line; those without rows are left out."""
  stream = sys.stdout if stream is None else stream
  columns = columns_of(stream)
  for section in sections:
    if section.rows:
      lines = [_bold(section.title, stream)] if section.title else []
      lines += _lines(section.rows, columns)
      stream.write("\n" + "\n".join(lines) + "\n")


def columns_of(stream: TextIO) -> int:
  """Returns the width of a terminal."""
  try:
    return os.get_terminal_size(stream.fileno()).columns or _USUAL_COLUMNS
  except OSError:
    return _USUAL_COLUMNS


def has_colors(stream: TextIO) -> bool:
  """Returns whether a stream shows bold type: a terminal that NO_COLOR allows to."""
  return (
    stream.isatty()
    and not os.environ.get("NO_COLOR")
    and os.environ.get("TERM", "dumb") != "dumb"
  )


def _bold(text: str, stream: TextIO) -> str:
  return f"\x1b[1m{text}\x1b[0m" if has_colors(stream) else text


def _lines(rows: Sequence[Row], columns: int) -> list[str]:
  name_width = max(len(row.name) for row in rows)
  noted = [len(row.value) for row in rows if row.note]
  value_width = max(noted, default=0)
  lines = []
  for row in rows:
    line = f"{_INDENT}{row.name:<{name_width}}  {row.value}"
    full = f"{_INDENT}{row.name:<{name_width}}  {row.value:<{value_width}}  {row.note}"
    lines.append(full if row.note and len(full) <= columns else line)
  return lines
