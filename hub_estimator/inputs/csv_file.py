"""Comma-separated values with a header."""

import csv
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import gin
import numpy as np

from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs import arrays, names, paths, text_file
from hub_estimator.inputs.bad_records import BadRecords, check_choice
from hub_estimator.inputs.interface import Examples, Label

_PARSE: Mapping[str, Callable[[str], Any]] = {
  "string": str,
  "int64": int,
  "float32": float,
}


@gin.register("csv", module="inputs")
@dataclasses.dataclass(frozen=True)
class Csv:
  """Rows of a file of comma-separated values with a header.

  Attributes:
    path: the file; UTF-8.
    label: the column of labels, or a list of one for each head of `heads.multi`;
      None if there are no labels.
    features: the columns to read; None reads all but the label.
    dtypes: "string", "int64" or "float32" by column. A column that isn't listed
      is int64 if all its values are integers, else float32 if all are numbers,
      else string.
    delimiter: one character.
    bad_records: "raise", or "skip", which leaves out bad rows and counts them in
      the result: rows with more or fewer fields than the header, or with a value
      that isn't of its column's dtype in `dtypes`.
  """

  path: str
  label: Label = "label"
  features: Sequence[str] | None = None
  dtypes: Mapping[str, str] | None = None
  delimiter: str = ","
  bad_records: str = "raise"

  def __post_init__(self) -> None:
    check_choice(self.bad_records, "csv.bad_records")
    names.check_names("csv", label=self.label, features=self.features)

  def read(self) -> Examples:
    """Returns all examples.

    Raises:
      UserError: the file is missing or empty, lacks a named column, or has a bad
        row that isn't skipped.
    """
    path = paths.existing_file(self.path, "inputs.csv")
    dtypes = self._checked_dtypes()
    bad = BadRecords(self.bad_records)
    return text_file.read_examples(
      path,
      read_rows(path, delimiter=self.delimiter, bad=bad),
      label=self.label,
      features=self.features,
      bad=bad,
      find_problem=lambda row, _: _find_problem(row, dtypes),
      make_column=lambda name, values: _make_column(
        name, values, dtypes.get(name), path
      ),
    )

  def _checked_dtypes(self) -> dict[str, str]:
    dtypes = dict(self.dtypes or {})
    for name, dtype in dtypes.items():
      if dtype not in _PARSE:
        raise UserError(
          f"csv.dtypes has {dtype!r} for {name!r}: {nearest(dtype, _PARSE)}"
        )
    return dtypes


def read_rows(
  path: str, *, delimiter: str = ",", bad: BadRecords | None = None
) -> Iterator[tuple[int, dict[str, str]]]:
  """Yields (line number, row by column) of a csv file with a header.

  Args:
    path: the file.
    delimiter: one character.
    bad: counts the rows with more or fewer fields than the header; None refuses
      the first.

  Raises:
    UserError: the file isn't UTF-8, the header repeats a column, or a bad row is
      refused.
  """
  bad = bad or BadRecords()
  # The default limit of 128 KiB a field would refuse long texts.
  csv.field_size_limit(1 << 30)
  with text_file.open_text(path) as file:
    reader = csv.reader(file, delimiter=delimiter)
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
          bad.add(
            f"{path}, line {reader.line_num}: {len(values)} fields, and the "
            f"header has {len(header)}: {', '.join(header)}."
          )
          continue
        yield reader.line_num, dict(zip(header, values, strict=True))
    except csv.Error as error:
      raise UserError(f"{path}, line {reader.line_num}: {error}.") from error


def _find_problem(
  row: Mapping[str, str], dtypes: Mapping[str, str]
) -> str | None:
  """Returns which value isn't of the dtype that the user gives its column."""
  for name, dtype in dtypes.items():
    try:
      _PARSE[dtype](row.get(name, "0"))
    except ValueError:
      return f"{name!r} is {row[name]!r}, not {dtype}"
  return None


def _make_column(
  name: str, values: Sequence[str], dtype: str | None, path: str
) -> np.ndarray:
  """Returns values as an array of a dtype, or of the narrowest that holds all."""
  if dtype is not None:
    return arrays.column(name, [_PARSE[dtype](v) for v in values], path)
  for guess in ("int64", "float32"):
    try:
      return arrays.column(name, [_PARSE[guess](v) for v in values], path)
    except (ValueError, OverflowError):
      continue
  return arrays.strings(values)
