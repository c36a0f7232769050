"""One JSON object a line."""

import dataclasses
import json
from collections.abc import Iterator, Sequence

import gin

from hub_estimator.errors import UserError
from hub_estimator.inputs import interface


@gin.register("jsonl", module="inputs")
@dataclasses.dataclass(frozen=True)
class Jsonl:
  """Rows of a file: strings, numbers, or lists of equal length.

  Attributes:
    path: of the file; UTF-8.
    label: the key of labels, or a list of one for each head of `heads.multi`;
      None where there are none.
    features: the keys to read; None reads all but the label.
  """

  path: str
  label: interface.Label = "label"
  features: Sequence[str] | None = None

  def read(self) -> interface.Examples:
    """Returns all examples.

    Raises:
      UserError: the file is missing, a line isn't a JSON object, or objects
        differ in their keys or types.
    """
    path = interface.open_path(self.path, "inputs.jsonl")
    rows = list(read_rows(path))
    if not rows:
      raise UserError(f"{path} has no examples.")
    names = (
      list(self.features) if self.features is not None else list(rows[0][1])
    )
    if self.features is not None:
      names += interface.label_columns(self.label)
    for line, row in rows:
      missing = [n for n in names if n not in row]
      if missing:
        raise UserError(
          f"{path}, line {line}: no {missing[0]!r}; it has: {', '.join(row)}."
        )
    columns = {
      name: interface.column(name, [row[name] for _, row in rows], path)
      for name in names
    }
    return interface.split_label(
      columns, label=self.label, features=self.features, source=path
    )


def read_rows(path: str) -> Iterator[tuple[int, dict]]:
  """Yields (line number, object) of a file of JSON lines.

  Raises:
    UserError: the file isn't UTF-8, or a line isn't a JSON object.
  """
  with open(path, encoding="utf-8-sig") as file:
    line_number = 0
    try:
      for line_number, line in enumerate(file, 1):
        if not line.strip():
          continue
        row = json.loads(line)
        if not isinstance(row, dict):
          raise UserError(f"{path}, line {line_number}: not a JSON object.")
        yield line_number, row
    except UnicodeDecodeError as error:
      raise UserError(f"{path} isn't UTF-8: {error}.") from error
    except json.JSONDecodeError as error:
      raise UserError(f"{path}, line {line_number}: {error}.") from error
