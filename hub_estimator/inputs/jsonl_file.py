"""JSON lines: one JSON object a line."""

import dataclasses
import functools
import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import gin

from hub_estimator import stores
from hub_estimator.inputs import (
  json_columns,
  names,
  shards,
  text_file,
)
from hub_estimator.inputs.account import Account
from hub_estimator.inputs.bad_records import BadRecords, check_choice
from hub_estimator.inputs.interface import Examples, Label
from hub_estimator.inputs.stored_rows import StoredRows

_CHUNK_BYTES = 1 << 22
_BLOCK_ROWS = 8192


@gin.register("jsonl", module="inputs")
@dataclasses.dataclass(frozen=True)
class Jsonl:
  """Lines of a file, each a JSON object.

  Values are strings, numbers, or lists. Lists of different lengths are padded with
  "" or 0 to the longest of their batch, if the module takes any length.

  Attributes:
    path: a file, a glob such as "data/train-*.jsonl", or a list of files; UTF-8, gzip
      if it ends in .gz and Zstandard if it ends in .zst.
    label: the key of labels; None if there are no labels; or a list of keys: one
      for each head of `heads.multi`, or one with 0 and 1 for each class of
      `heads.multi_label`. Lists of labels, for `heads.multi_label`, may differ in
      length.
    features: the keys to read; None reads all but the label.
    bad_records: "raise", or "skip", which leaves out bad lines and counts them in
      the result: lines that aren't JSON objects with all keys.
    defaults: values in place of missing and null ones, by key.
  """

  path: str | Sequence[str]
  label: Label = "label"
  features: Sequence[str] | None = None
  bad_records: str = "raise"
  defaults: Mapping[str, str | int | float] | None = None

  def __post_init__(self) -> None:
    check_choice(self.bad_records, "jsonl.bad_records")
    names.check_names("jsonl", label=self.label, features=self.features)
    names.check_defaults("jsonl", self.defaults)

  def read(self) -> Examples:
    """Returns all examples.

    Raises:
      UserError: the file is missing or empty, has a bad line that isn't skipped,
        or values of one key differ in type or length.
    """
    return shards.read(
      self,
      "inputs.jsonl",
      self._read_file,
      functools.partial(self._write, of_lists=set()),
    )

  def _read_file(self, path: str) -> Examples:
    account, bad = Account(path), BadRecords(self.bad_records)
    labels = names.label_columns(self.label)
    return text_file.read_examples(
      account,
      self._rows(path, account, bad),
      label=self.label,
      features=self.features,
      bad=bad,
      find_problem=_find_problem,
      make_column=lambda name, values, lines: json_columns.make(
        name, values, lines, path, is_label=name in labels
      ),
    )

  def _write(
    self,
    files: Sequence[str],
    of_lists: set[str],
    writer: stores.StoreWriter,
  ) -> dict[str, Any]:
    """Writes all rows, and returns what else is known of the files."""
    table = StoredRows(writer, self.label, self.features, of_lists)
    for path in files:
      account, bad = Account(path), BadRecords(self.bad_records)
      rows = self._rows(path, account, bad)
      count = 0
      while block := list(itertools.islice(rows, _BLOCK_ROWS)):
        count += table.add(block, _find_problem, path, bad)
      table.close_file(count, account, bad)
    return table.close()

  def rows(
    self, path: str, account: Account
  ) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yields (line number, object) of another file of this kind.

    Args:
      path: the file.
      account: of the file; its reader closes it.

    Raises:
      UserError: the file isn't UTF-8, or a line isn't a JSON object.
    """
    yield from self._rows(path, account, BadRecords())

  def _rows(
    self, path: str, account: Account, bad: BadRecords
  ) -> Iterator[tuple[int, dict[str, Any]]]:
    for line, row in read_rows(path, bad=bad, account=account):
      for name, value in (self.defaults or {}).items():
        if row.get(name) is None:
          row[name] = value
      yield line, row


def read_rows(
  path: str,
  *,
  bad: BadRecords | None = None,
  account: Account | None = None,
) -> Iterator[tuple[int, dict[str, Any]]]:
  """Yields (line number, object) of a file of JSON lines.

  Args:
    path: the file.
    bad: counts the lines that aren't JSON objects; None refuses the first.
    account: of the file; None keeps none.

  Raises:
    UserError: the file isn't UTF-8, or a bad line is refused.
  """
  bad = bad or BadRecords()
  account = account or Account(path)
  with text_file.open_chunks(path, _CHUNK_BYTES) as chunks:
    lines = itertools.chain.from_iterable(map(text_file.split_lines, chunks))
    for number, line in enumerate(lines, 1):
      account.lines = number
      if not line.strip():
        account.blank += 1
        continue
      try:
        row = json.loads(line, object_pairs_hook=_object)
        if "\\u" in line:
          json.dumps(row, ensure_ascii=False).encode()  # Half a surrogate pair?
      except (ValueError, RecursionError) as error:
        bad.add(f"{path}, line {number}: {error}.")
        continue
      if not isinstance(row, dict):
        bad.add(f"{path}, line {number}: not a JSON object.")
        continue
      yield number, row


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
  """Returns a JSON object whose keys are distinct."""
  found = dict(pairs)
  if len(found) < len(pairs):
    keys = [key for key, _ in pairs]
    again = next(key for key in keys if keys.count(key) > 1)
    raise ValueError(f"the key {again!r} comes twice")
  return found


def _find_problem(
  line: int, row: Mapping[str, Any], wanted: Sequence[str]
) -> str | None:
  """Returns which wanted key is missing or null."""
  del line
  for name in wanted:
    if name not in row:
      return f"no {name!r}; it has: {', '.join(row)}"
    if row[name] is None:
      return f"{name!r} is null"
  return None
