"""The kinds of files that outputs are written to, by the file's name."""

import os
from collections.abc import Mapping

from hub_estimator.errors import UserError
from hub_estimator.runs.array_files import Batches, write_jsonl, write_npz
from hub_estimator.runs.csv_files import write_csv
from hub_estimator.runs.parquet_files import ListType, write_parquet

_WRITERS = {".jsonl": write_jsonl, ".npz": write_npz, ".csv": write_csv}
_PARQUET = ".parquet"


def check_ending(path: str, verb: str) -> str:
  """Returns the ending of a file's name, such as ".jsonl".

  Args:
    path: of the file.
    verb: that writes it, for messages.

  Raises:
    UserError: no kind of file ends so.
  """
  ending = os.path.splitext(path)[1].lower()
  known = (*_WRITERS, _PARQUET)
  if ending not in known:
    raise UserError(
      f"{verb} writes {', '.join(known[:-1])} or {known[-1]}, and got {path!r}."
    )
  return ending


def holds_lists(path: str) -> bool:
  """Returns whether a file of this name holds ragged outputs."""
  return os.path.splitext(path)[1].lower() in (".jsonl", _PARQUET)


def write_batches(
  path: str,
  batches: Batches,
  *,
  verb: str,
  lists: Mapping[str, ListType] | None = None,
) -> int:
  """Writes outputs to a file, whole or not at all, and returns the number of rows.

  Args:
    path: of the file; its ending says its kind.
    batches: arrays [batch, ...] by name.
    verb: that writes it, for messages.
    lists: the types of ragged outputs, by name.

  Raises:
    UserError: the file can't be written, or its kind doesn't hold the outputs.
  """
  ending = check_ending(path, verb)
  path = os.path.expanduser(path)
  if ending == _PARQUET:
    return write_parquet(path, batches, lists or {})
  return _WRITERS[ending](path, batches)
