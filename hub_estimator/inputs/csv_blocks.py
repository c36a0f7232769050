"""Rows of comma-separated values as columns of text, many rows at a time."""

import dataclasses
import io
import re
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
from pyarrow import csv as arrow_csv


@dataclasses.dataclass(frozen=True)
class Block:
  """Rows that follow each other.

  Attributes:
    lines: int64 [rows], the number of each row's first line.
    columns: text [rows] by name.
  """

  lines: np.ndarray
  columns: dict[str, pa.StringArray]

  @classmethod
  def of_rows(
    cls, header: Sequence[str], lines: Sequence[int], rows: Sequence[list[str]]
  ) -> "Block":
    """Returns rows, each a list of as many fields as the header has."""
    columns = zip(*rows, strict=True) if rows else [()] * len(header)
    return cls(
      np.array(lines, np.int64),
      {
        name: pa.array(values, pa.string())
        for name, values in zip(header, columns, strict=True)
      },
    )

  @classmethod
  def join(cls, blocks: Sequence["Block"]) -> "Block":
    """Returns the rows of all blocks, of which there is one at least."""
    return cls(
      np.concatenate([block.lines for block in blocks]),
      {
        name: pa.concat_arrays([block.columns[name] for block in blocks])
        for name in blocks[0].columns
      },
    )

  def __len__(self) -> int:
    return len(self.lines)

  def take(self, rows: np.ndarray) -> "Block":
    """Returns some rows."""
    return Block(
      self.lines[rows],
      {name: c.take(pa.array(rows)) for name, c in self.columns.items()},
    )

  def rows(self) -> Iterator[tuple[int, dict[str, str]]]:
    """Yields (line number, row by column)."""
    names = list(self.columns)
    values = [column.to_pylist() for column in self.columns.values()]
    for line, row in zip(
      self.lines.tolist(), zip(*values, strict=True), strict=True
    ):
      yield line, dict(zip(names, row, strict=True))


class PlainRows:
  """Reads chunks of a file in which nothing is odd, much faster than rows.

  In such a chunk each line is a row, each row has as many fields as the header, and
  each quote encloses a field or is one of two within such quotes.
  """

  def __init__(
    self, header: Sequence[str], delimiter: str, *, quotes: bool
  ) -> None:
    """Makes a reader.

    Args:
      header: the columns.
      delimiter: one character.
      quotes: whether fields may be quoted.
    """
    self._header = list(header)
    self._quotes = quotes
    self._pattern: re.Pattern[bytes] | None = None
    if len(delimiter.encode()) == 1 and len(header) <= 100:
      self._pattern = _pattern(len(header), delimiter.encode(), quotes)
      self._parse = arrow_csv.ParseOptions(
        delimiter=delimiter,
        quote_char='"' if quotes else False,
        newlines_in_values=False,
        ignore_empty_lines=False,
      )
      self._convert = arrow_csv.ConvertOptions(
        column_types={name: pa.string() for name in header},
        null_values=[],
        strings_can_be_null=False,
      )

  def read(self, chunk: bytes, first_line: int) -> Block | None:
    """Returns the rows of a chunk of whole lines; None if something is odd.

    Args:
      chunk: of the file.
      first_line: the number of its first line.
    """
    if self._pattern is None or self._pattern.fullmatch(chunk) is None:
      return None
    options = arrow_csv.ReadOptions(
      column_names=self._header, block_size=len(chunk) + 1, use_threads=False
    )
    try:
      table = arrow_csv.read_csv(
        io.BytesIO(chunk),
        read_options=options,
        parse_options=self._parse,
        convert_options=self._convert,
      )
    except pa.ArrowInvalid:
      return None  # Not UTF-8: reading it by rows names the place.
    lines = np.arange(first_line, first_line + table.num_rows)
    columns = {
      name: pa.concat_arrays(table.column(name).chunks) for name in self._header
    }
    return Block(lines, columns)


def _pattern(
  n_fields: int, delimiter: bytes, quotes: bool
) -> re.Pattern[bytes]:
  """Returns what a whole chunk of plain rows matches."""
  escaped = re.escape(delimiter)
  bare = rb"[^\r\n\x00" + (rb'"' if quotes else b"") + escaped + rb"]*+"
  quoted = rb'"(?:[^"\r\n\x00]|"")*+"'
  field = rb"(?>" + quoted + rb"|" + bare + rb")" if quotes else bare
  row = escaped.join([field] * n_fields)
  if n_fields == 1:
    row = rb"(?=[^\r\n])" + row  # A blank line is counted.
  return re.compile(rb"(?>" + row + rb"\r?\n)*+(?>" + row + rb")?+")
