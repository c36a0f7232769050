"""Text files with one example a row: what csv and JSON lines have in common."""

import codecs
import contextlib
import dataclasses
import gzip
import io
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa

from hub_estimator import progress
from hub_estimator.errors import UserError, one_line
from hub_estimator.inputs.account import Account
from hub_estimator.inputs.bad_records import BadRecords
from hub_estimator.inputs.interface import Column, Examples, Label
from hub_estimator.inputs.names import label_columns, split_label

# Values by column.
Row = Mapping[str, Any]
# Reading a smaller file is soon done.
_LARGE = 16 << 20


@contextlib.contextmanager
def open_chunks(path: str, chunk_bytes: int) -> Iterator[Iterator[bytes]]:
  """Opens a file as chunks of whole lines, without its byte order mark.

  A file whose name ends in .gz or .zst is decompressed.

  Args:
    path: the file.
    chunk_bytes: about how long a chunk is; one of a longer line is as long as it.

  Raises:
    UserError: while the file is read, if it isn't UTF-8, or isn't compressed as its
      name says.
  """
  with open(path, "rb") as raw, _decompressed(raw, path) as file:
    size = os.path.getsize(path)
    try:
      yield _with_progress(_chunks(file, chunk_bytes), raw, size)
    except UnicodeDecodeError as error:
      raise UserError(f"{path} isn't UTF-8: {error}.") from error
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
      raise UserError(f"{path} isn't a whole gzip file: {error}.") from error
    except (pa.ArrowException, OSError) as error:
      if file is raw:
        raise
      raise UserError(
        f"{path} isn't a whole Zstandard file: {one_line(error)}."
      ) from error


def split_lines(chunk: bytes) -> Iterator[str]:
  """Returns the lines of UTF-8, their ends as they are."""
  return iter(io.TextIOWrapper(io.BytesIO(chunk), "utf-8", newline=""))


def _decompressed(
  raw: BinaryIO, path: str
) -> contextlib.AbstractContextManager[Any]:
  """Returns the content of a file, decompressed if its name says so."""
  if path.lower().endswith(".gz"):
    return gzip.GzipFile(fileobj=raw)
  if path.lower().endswith(".zst"):
    return pa.CompressedInputStream(pa.PythonFile(raw, "r"), "zstd")
  return contextlib.nullcontext(raw)


def _with_progress(
  chunks: Iterator[bytes], raw: BinaryIO, size: int
) -> Iterator[bytes]:
  """Yields chunks of a file; reports how far a large one was read."""
  for chunk in chunks:
    if size > _LARGE:
      progress.report(f"reading {raw.name}", raw.tell(), size, unit="bytes")
    yield chunk


def _chunks(file: BinaryIO, chunk_bytes: int) -> Iterator[bytes]:
  rest = file.read(3).removeprefix(codecs.BOM_UTF8)
  while read := file.read(chunk_bytes):
    end = read.rfind(b"\n") + 1
    if end:
      yield rest + read[:end]
      rest = read[end:]
    else:
      rest += read
  if rest:
    yield rest


def read_examples(
  account: Account,
  numbered: Iterable[tuple[int, Row]],
  *,
  label: Label,
  features: Sequence[str] | None,
  bad: BadRecords,
  find_problem: Callable[[int, Row, Sequence[str]], str | None],
  make_column: Callable[[str, Sequence[Any], Sequence[int]], Column],
) -> Examples:
  """Returns the rows of a file as examples.

  Args:
    account: of the file; it is closed.
    numbered: (line number, row) in the file's order.
    label: the input's `label`.
    features: the input's `features`; None reads the columns of the first row.
    bad: counts the bad rows, or refuses the first.
    find_problem: given a row's line, the row and the wanted columns, returns why
      the row is bad, or None.
    make_column: given a column's name, its values and the number of each one's
      line, returns it.

  Raises:
    UserError: there is no good row, a bad row is refused, or a named column
      doesn't exist.
  """
  path = account.path
  rows = list(numbered)
  check_not_empty(rows, path, bad)
  names = (
    list(rows[0][1]) if features is None else [*features, *label_columns(label)]
  )
  good = good_rows(rows, names, path, bad, find_problem)
  check_not_empty(good, path, bad)
  account.close(len(good), bad.skipped)
  lines = [line for line, _ in good]
  columns = {
    name: make_column(name, [row[name] for _, row in good], lines)
    for name in names
    if name in good[0][1]
  }
  examples = split_label(
    columns, label=label, features=features, source=path, skipped=bad.skipped
  )
  return dataclasses.replace(
    examples, lines=account.lines, notes=tuple(account.notes)
  )


def good_rows(
  rows: Iterable[tuple[int, Row]],
  names: Sequence[str],
  path: str,
  bad: BadRecords,
  find_problem: Callable[[int, Row, Sequence[str]], str | None],
) -> list[tuple[int, Row]]:
  """Returns the rows that aren't bad.

  Args:
    rows: (line number, row) each.
    names: the wanted columns.
    path: of the file.
    bad: counts the bad rows, or refuses the first.
    find_problem: as for `read_examples`.

  Raises:
    UserError: a bad row is refused.
  """
  good = []
  for line, row in rows:
    problem = find_problem(line, row, names)
    if problem is None:
      good.append((line, row))
    else:
      bad.add(f"{path}, line {line}: {problem}.")
  return good


def check_not_empty(rows: Sequence[Any], path: str, bad: BadRecords) -> None:
  """Raises a UserError if a file has no good rows."""
  if not rows:
    skipped = f"; bad rows skipped: {bad.skipped}" if bad.skipped else ""
    raise UserError(f"{path} has no examples{skipped}.")
