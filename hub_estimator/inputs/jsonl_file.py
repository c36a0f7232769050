"""One JSON object a line."""

import dataclasses
import json
from collections.abc import Iterator, Sequence

import gin

from hub_estimator.errors import UserError
from hub_estimator.inputs import bad_records, interface


@gin.register("jsonl", module="inputs")
@dataclasses.dataclass(frozen=True)
class Jsonl:
  """Rows of a file: strings, numbers, or lists of equal length.

  Attributes:
    path: of the file; UTF-8.
    label: the key of labels, or a list of one for each head of `heads.multi`;
      None where there are none.
    features: the keys to read; None reads all but the label.
    bad_records: "raise", or "skip": leaves out, and counts in the result, lines
      that aren't JSON objects with all keys.
  """

  path: str
  label: interface.Label = "label"
  features: Sequence[str] | None = None
  bad_records: str = "raise"

  def __post_init__(self):
    bad_records.check_choice(self.bad_records, "jsonl.bad_records")
    interface.check_names("jsonl", label=self.label, features=self.features)

  def read(self) -> interface.Examples:
    """Returns all examples.

    Raises:
      UserError: the file is missing, a line isn't a JSON object, or objects
        differ in their keys or types.
    """
    path = interface.open_path(self.path, "inputs.jsonl")
    bad = bad_records.BadRecords(self.bad_records)
    rows = list(read_rows(path, bad=bad))
    if not rows:
      raise UserError(f"{path} has no examples.")
    names = (
      list(self.features) if self.features is not None else list(rows[0][1])
    )
    if self.features is not None:
      names += interface.label_columns(self.label)
    whole = []
    for line, row in rows:
      missing = [n for n in names if row.get(n) is None]
      if missing:
        problem = (
          f"{missing[0]!r} is null"
          if missing[0] in row
          else f"no {missing[0]!r}; it has: {', '.join(row)}"
        )
        bad.add(f"{path}, line {line}: {problem}.")
      else:
        whole.append(row)
    if not whole:
      raise UserError(f"{path} has no examples; {bad.skipped} bad lines.")
    columns = {
      name: interface.column(name, [row[name] for row in whole], path)
      for name in names
    }
    return interface.split_label(
      columns,
      label=self.label,
      features=self.features,
      source=path,
      skipped=bad.skipped,
    )


def read_rows(
  path: str, *, bad: bad_records.BadRecords | None = None
) -> Iterator[tuple[int, dict]]:
  """Yields (line number, object) of a file of JSON lines.

  Args:
    path: of the file.
    bad: takes lines that aren't JSON objects; None refuses them.

  Raises:
    UserError: the file isn't UTF-8, or a line isn't a JSON object.
  """
  bad = bad or bad_records.BadRecords()
  with open(path, encoding="utf-8-sig") as file:
    try:
      for line_number, line in enumerate(file, 1):
        if not line.strip():
          continue
        try:
          row = json.loads(line)
        except json.JSONDecodeError as error:
          bad.add(f"{path}, line {line_number}: {error}.")
          continue
        if not isinstance(row, dict):
          bad.add(f"{path}, line {line_number}: not a JSON object.")
          continue
        yield line_number, row
    except UnicodeDecodeError as error:
      raise UserError(f"{path} isn't UTF-8: {error}.") from error
