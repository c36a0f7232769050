"""Comma-separated values with a header."""

import csv
import dataclasses
from collections.abc import Iterator, Mapping, Sequence

import gin
import numpy as np

from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs import bad_records, interface

_PARSE = {
  "string": str,
  "int64": int,
  "float32": float,
}


@gin.register("csv", module="inputs")
@dataclasses.dataclass(frozen=True)
class Csv:
  """Rows of a file.

  Attributes:
    path: of the file; UTF-8.
    label: the column of labels, or a list of one for each head of `heads.multi`;
      None where there are none.
    features: the columns to read; None reads all but the label.
    dtypes: "string", "int64" or "float32" by column. A column that isn't in it
      is int64 if all its values are integers, else float32 if all are
      numbers, else string.
    delimiter: one character.
    bad_records: "raise", or "skip": leaves out, and counts in the result, rows
      of another length than the header, or with a value that isn't of its
      column's dtype in `dtypes`.
  """

  path: str
  label: interface.Label = "label"
  features: Sequence[str] | None = None
  dtypes: Mapping[str, str] | None = None
  delimiter: str = ","
  bad_records: str = "raise"

  def __post_init__(self):
    bad_records.check_choice(self.bad_records, "csv.bad_records")
    interface.check_names("csv", label=self.label, features=self.features)

  def read(self) -> interface.Examples:
    """Returns all examples.

    Raises:
      UserError: the file is missing, a row has another number of fields than
        the header, or a value isn't of its column's dtype.
    """
    path = interface.open_path(self.path, "inputs.csv")
    bad = bad_records.BadRecords(self.bad_records)
    rows = list(read_rows(path, delimiter=self.delimiter, bad=bad))
    if not rows:
      raise UserError(f"{path} has no examples.")
    dtypes = dict(self.dtypes or {})
    for name, dtype in dtypes.items():
      if dtype not in _PARSE:
        raise UserError(
          f"csv.dtypes has {dtype!r} for {name!r}: {nearest(dtype, _PARSE)}"
        )
    rows = [
      (at, row)
      for at, row in rows
      if _fits(f"{path}, line {at}", row, dtypes, bad)
    ]
    if not rows:
      raise UserError(f"{path} has no examples; {bad.skipped} bad rows.")
    wanted = set(rows[0][1])
    if self.features is not None:
      wanted &= {*self.features, *interface.label_columns(self.label)}
    columns = {
      name: _column(
        path, name, [row[name] for _, row in rows], dtypes.get(name)
      )
      for name in rows[0][1]
      if name in wanted
    }
    return interface.split_label(
      columns,
      label=self.label,
      features=self.features,
      source=path,
      skipped=bad.skipped,
    )


def read_rows(
  path: str,
  *,
  delimiter: str = ",",
  bad: bad_records.BadRecords | None = None,
) -> Iterator[tuple[int, dict[str, str]]]:
  """Yields (line number, row by column) of a csv file with a header.

  Args:
    path: of the file.
    delimiter: one character.
    bad: takes rows of another length; None refuses them.

  Raises:
    UserError: the file isn't UTF-8, a row has another number of fields than
      the header, or a column's name is repeated.
  """
  with open(path, encoding="utf-8-sig", newline="") as file:
    reader = csv.reader(file, delimiter=delimiter)
    # The default bound of 128 KiB a field would refuse long texts.
    csv.field_size_limit(1 << 30)
    try:
      header = next(reader, None)
      if not header:
        return
      if len(set(header)) != len(header):
        raise UserError(f"{path}: the header repeats a column: {header}.")
      for values in reader:
        if not values:
          continue
        if len(values) != len(header):
          (bad or bad_records.BadRecords()).add(
            f"{path}, line {reader.line_num}: {len(values)} fields, and the "
            f"header has {len(header)}: {', '.join(header)}."
          )
          continue
        yield reader.line_num, dict(zip(header, values, strict=True))
    except UnicodeDecodeError as error:
      raise UserError(f"{path} isn't UTF-8: {error}.") from error
    except csv.Error as error:
      raise UserError(f"{path}, line {reader.line_num}: {error}.") from error


def _fits(where, row, dtypes, bad) -> bool:
  """Returns whether a row's values are of the dtypes that the user names."""
  for name, dtype in dtypes.items():
    try:
      _PARSE[dtype](row.get(name, "0"))
    except ValueError:
      bad.add(f"{where}: {name!r} is {row[name]!r}, not {dtype}.")
      return False
  return True


def _column(path, name, values, dtype) -> np.ndarray:
  if dtype is not None:
    return interface.column(name, [_PARSE[dtype](v) for v in values], path)
  for guess in ("int64", "float32"):
    try:
      return interface.column(name, [_PARSE[guess](v) for v in values], path)
    except (ValueError, OverflowError):
      continue
  return interface.strings(values)
