"""JSON lines: one JSON object a line."""

import dataclasses
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gin

from hub_estimator.inputs import arrays, names, paths, text_file
from hub_estimator.inputs.bad_records import BadRecords, check_choice
from hub_estimator.inputs.interface import Examples, Label


@gin.register("jsonl", module="inputs")
@dataclasses.dataclass(frozen=True)
class Jsonl:
  """Lines of a file, each a JSON object.

  Values are strings, numbers, or lists. Lists of different lengths are padded with
  "" or 0 to the longest of their batch, if the module takes any length.

  Attributes:
    path: the file; UTF-8.
    label: the key of labels, or a list of one for each head of `heads.multi`;
      None if there are no labels.
    features: the keys to read; None reads all but the label.
    bad_records: "raise", or "skip", which leaves out bad lines and counts them in
      the result: lines that aren't JSON objects with all keys.
  """

  path: str
  label: Label = "label"
  features: Sequence[str] | None = None
  bad_records: str = "raise"

  def __post_init__(self) -> None:
    check_choice(self.bad_records, "jsonl.bad_records")
    names.check_names("jsonl", label=self.label, features=self.features)

  def read(self) -> Examples:
    """Returns all examples.

    Raises:
      UserError: the file is missing or empty, has a bad line that isn't skipped,
        or values of one key differ in type or length.
    """
    path = paths.existing_file(self.path, "inputs.jsonl")
    labels = names.label_columns(self.label)
    bad = BadRecords(self.bad_records)
    return text_file.read_examples(
      path,
      read_rows(path, bad=bad),
      label=self.label,
      features=self.features,
      bad=bad,
      find_problem=_find_problem,
      make_column=lambda name, values: (
        arrays.column(name, values, path)
        if name in labels
        else arrays.feature(name, values, path)
      ),
    )


def read_rows(
  path: str, *, bad: BadRecords | None = None
) -> Iterator[tuple[int, dict[str, Any]]]:
  """Yields (line number, object) of a file of JSON lines.

  Args:
    path: the file.
    bad: counts the lines that aren't JSON objects; None refuses the first.

  Raises:
    UserError: the file isn't UTF-8, or a bad line is refused.
  """
  bad = bad or BadRecords()
  with text_file.open_text(path) as file:
    for number, line in enumerate(file, 1):
      if not line.strip():
        continue
      try:
        row = json.loads(line)
      except json.JSONDecodeError as error:
        bad.add(f"{path}, line {number}: {error}.")
        continue
      if not isinstance(row, dict):
        bad.add(f"{path}, line {number}: not a JSON object.")
        continue
      yield number, row


def _find_problem(row: Mapping[str, Any], wanted: Sequence[str]) -> str | None:
  """Returns which wanted key is missing or null."""
  for name in wanted:
    if name not in row:
      return f"no {name!r}; it has: {', '.join(row)}"
    if row[name] is None:
      return f"{name!r} is null"
  return None
