"""Rows of comma-separated values, and the quotes that may be stray among them."""

import csv
import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.inputs import number_text, text_file
from hub_estimator.inputs.account import Account
from hub_estimator.inputs.bad_records import BadRecords
from hub_estimator.inputs.csv_blocks import Block, PlainRows

QUOTING = ("minimal", "none")
CHUNK_BYTES = 1 << 22
_HINT = (
  'if a quote is stray, fix it, or set inputs.csv.quoting = "none" for a file '
  "whose quotes mean nothing"
)


def read_rows(
  path: str,
  *,
  delimiter: str = ",",
  quoting: str = "minimal",
  bad: BadRecords | None = None,
  account: Account | None = None,
  rename: Callable[[list[str]], list[str]] = lambda header: header,
) -> Iterator[tuple[int, dict[str, str]]]:
  """Yields (number of its first line, row by column); see `read_blocks`."""
  for block in read_blocks(
    path,
    delimiter=delimiter,
    quoting=quoting,
    bad=bad,
    account=account,
    rename=rename,
  ):
    yield from block.rows()


def read_blocks(
  path: str,
  *,
  delimiter: str = ",",
  quoting: str = "minimal",
  bad: BadRecords | None = None,
  account: Account | None = None,
  rename: Callable[[list[str]], list[str]] = lambda header: header,
  chunk_bytes: int = CHUNK_BYTES,
) -> Iterator[Block]:
  """Yields the rows of a file with a header, many at a time.

  In a file of one column, a blank line is a row whose value is empty. In others,
  blank lines are left out.

  Args:
    path: the file.
    delimiter: one character.
    quoting: one of `QUOTING`.
    bad: counts the rows with more or fewer fields than the header, and those with a
      quote that is never closed; None refuses the first.
    account: of the file; None logs only the file's oddities.
    rename: returns the names that the columns of a header have.
    chunk_bytes: about how much of the file is in memory at once.

  Raises:
    UserError: the file isn't UTF-8, the header repeats a column, or a bad row is
      refused.
  """
  bad = bad or BadRecords()
  account = account or Account(path)
  # The default limit of 128 KiB a field would refuse long texts.
  csv.field_size_limit(1 << 30)
  with text_file.open_chunks(path, chunk_bytes) as chunks:
    lines = _Lines(chunks)
    records = _Records(lines, account, bad, delimiter, quoting)
    header = _read_header(records, path, rename)
    if not header:
      return
    plain = PlainRows(header, delimiter, quotes=quoting != "none")
    while lines.open_chunk():
      chunk = lines.take_plain(plain)
      if chunk is not None:
        account.lines = lines.number
        yield chunk
      else:
        block = _gather(records, header, account, bad)
        if len(block):
          yield block
    records.tell()


def _read_header(
  records: "_Records",
  path: str,
  rename: Callable[[list[str]], list[str]],
) -> list[str]:
  first, header = next(iter(records), (1, []))
  if first != 1:
    raise UserError(f"{path}: a quote of the header is never closed.")
  header = rename(header)
  if len(set(header)) != len(header):
    raise UserError(f"{path}: the header repeats a column: {header}.")
  return header


def _gather(
  records: "_Records", header: list[str], account: Account, bad: BadRecords
) -> Block:
  """Returns the records of a chunk, and of later ones that its last one reaches."""
  numbers: list[int] = []
  rows: list[list[str]] = []
  for line, values in records:
    if not values:
      account.blank += 1
      if len(header) > 1:
        continue
      values = [""]
    if len(values) != len(header):
      bad.add(
        f"{account.path}, line {line}: {len(values)} fields, and the header has "
        f"{len(header)}: {', '.join(header)}."
      )
      continue
    numbers.append(line)
    rows.append(values)
  return Block.of_rows(header, numbers, rows)


class _Lines:
  """Lines of a file; those of the current record are kept, and can come again.

  They end with a chunk of the file, unless a record goes on in the next one.
  """

  def __init__(self, chunks: Iterator[bytes]) -> None:
    self._chunks = chunks
    self._bytes = b""  # Of the chunk that is open, while none of it was read.
    self._lines: Iterator[str] = iter(())
    self._again = deque[str]()
    self.number = 0
    self.kept: list[str] = []

  def __iter__(self) -> "_Lines":
    return self

  def __next__(self) -> str:
    line = self._again.popleft() if self._again else self._read()
    self.number += 1
    self.kept.append(line)
    return line

  def open_chunk(self) -> bool:
    """Returns whether lines are left; takes the next chunk if one has ended."""
    if self._again:
      return True
    line = next(self._lines, None)
    if line is not None:
      self._again.append(line)
      return True
    self._bytes = next(self._chunks, b"")
    return bool(self._bytes)

  def take_plain(self, plain: PlainRows) -> Block | None:
    """Returns all rows of the chunk if none of it was read, and it is plain."""
    if not self._bytes:
      return None
    block = plain.read(self._bytes, self.number + 1)
    if block is not None:
      self._bytes = b""
      self.number += len(block)
    return block

  def forget(self) -> None:
    """Starts a record at the next line."""
    self.kept = []

  def return_after(self, count: int) -> None:
    """Keeps so many lines of the record; the others come again."""
    self._again.extendleft(reversed(self.kept[count:]))
    self.number -= len(self.kept) - count
    del self.kept[count:]

  def _read(self) -> str:
    while True:
      if self._bytes:
        self._lines = text_file.split_lines(self._bytes)
        self._bytes = b""
      line = next(self._lines, None)
      if line is not None:
        return line
      if not self.kept and self.number:
        raise StopIteration  # The chunk ends with a record.
      self._bytes = next(self._chunks)


class _Records:
  """Records of a csv file, by Python's reader, with an eye on their quotes.

  Python's reader is strict for as long as it can be. A record that it refuses then is
  read as it would be by default, unless a quote is open at the end of the file.
  """

  def __init__(
    self,
    lines: _Lines,
    account: Account,
    bad: BadRecords,
    delimiter: str,
    quoting: str,
  ) -> None:
    self._lines = lines
    self._account = account
    self._bad = bad
    self._delimiter = delimiter
    self._quoting = quoting
    # Number of the first line of such records.
    self._text_after_quote: list[int] = []
    self._swallowed: list[tuple[int, int, int]] = []

  def __iter__(self) -> Iterator[tuple[int, list[str]]]:
    """Yields (number of its first line, fields) of each record of a chunk."""
    return self._read()

  def tell(self) -> None:
    """Notes what the quotes of the file may have done to its rows."""
    if self._swallowed:
      first, last, inside = self._swallowed[0]
      self._account.note(
        f"one row spans the lines {first} to {last}, {inside} of which look like "
        f"rows of their own ({len(self._swallowed)} such rows); {_HINT}."
      )
    if self._text_after_quote:
      self._account.note(
        f"text follows a closing quote in the row of line "
        f"{self._text_after_quote[0]} ({len(self._text_after_quote)} such rows); "
        f"{_HINT}."
      )

  def _read(self) -> Iterator[tuple[int, list[str]]]:
    lines = self._lines
    while True:
      lines.forget()
      try:
        for values in self._reader(lines, strict=True):
          yield self._seen(values), values
          lines.forget()
        return
      except csv.Error:
        values = self._read_as_it_is()
      if values is not None:
        yield self._seen(values), values

  def _reader(self, lines: Iterator[str], *, strict: bool) -> Any:
    return csv.reader(
      lines,
      delimiter=self._delimiter,
      quoting=csv.QUOTE_NONE if self._quoting == "none" else csv.QUOTE_MINIMAL,
      strict=strict,
    )

  def _read_as_it_is(self) -> list[str] | None:
    """Returns the fields of the record that a strict reader refused, or None."""
    lines = self._lines
    first = lines.number - len(lines.kept) + 1
    again = itertools.chain(list(lines.kept), lines)
    where = f"{self._account.path}, line"
    try:
      values: list[str] = next(self._reader(again, strict=False))
    except csv.Error as error:
      raise UserError(f"{where} {lines.number}: {error}.") from error
    opened = _open_quote(lines.kept, self._delimiter)
    if opened is None:
      self._text_after_quote.append(first)
      return values
    lost = len(lines.kept) - opened - 1
    self._bad.add(
      f"{where} {first + opened}: a quote opens and is never closed, and "
      f"{lost} lines follow it; {_HINT}."
    )
    lines.return_after(opened + 1)
    self._account.lines = lines.number
    return None

  def _seen(self, values: list[str]) -> int:
    """Returns the number of a record's first line, and keeps it in the account."""
    lines = self._lines
    self._account.lines = lines.number
    first = lines.number - len(lines.kept) + 1
    if len(lines.kept) > 1:
      inside = self._rows_inside(values)
      if inside:
        self._swallowed.append((first, lines.number, inside))
    return first

  def _rows_inside(self, values: list[str]) -> int:
    """Returns how many lines of a record, after its first, look like rows.

    Such a line has as many fields as the record, and numbers where the record has
    numbers.
    """
    if len(values) < 2:
      return 0
    numbers = [i for i, v in enumerate(values) if number_text.is_number(v)]
    return sum(
      len(fields) == len(values)
      and all(number_text.is_number(fields[i]) for i in numbers)
      for fields in (
        line.rstrip("\r\n").split(self._delimiter)
        for line in self._lines.kept[1:]
      )
    )


def _open_quote(lines: Sequence[str], delimiter: str) -> int | None:
  """Returns the index of the line whose quote is open at the end, or None.

  The states are those of Python's reader. A quote opens only at the start of a field.
  """
  opened: int | None = None
  for number, line in enumerate(lines):
    at, starts = 0, opened is None
    while at < len(line):
      if opened is not None:
        at = line.find('"', at) + 1
        if not at:
          break
        if line[at : at + 1] == '"':
          at += 1
        else:
          opened = None
      elif starts and line[at] == '"':
        opened, starts = number, False
        at += 1
      else:
        starts = line[at] == delimiter
        at += 1
  return opened
