"""One input in several files, read one after the other."""

import dataclasses
import glob
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.inputs import csv_types, paths, stored
from hub_estimator.inputs.interface import Examples, Label
from hub_estimator.inputs.rearranging import chain, open_lists


def find(path: Any, what: str) -> list[str]:
  """Returns the files that a path stands for, in the order in which they are read.

  Args:
    path: the user's value: a file, a glob, or a list of these. The files of a glob
      are sorted.
    what: the input, for messages.

  Raises:
    UserError: there is no such file.
  """
  if isinstance(path, Sequence) and not isinstance(path, str):
    found = [file for part in path for file in find(part, what)]
    if not found:
      raise UserError(f"{what}.path is an empty list.")
    return found
  name = paths.expand_path(path, f"{what}.path")
  if not os.path.exists(name) and glob.has_magic(name):
    matches = sorted(file for file in glob.glob(name) if os.path.isfile(file))
    if matches:
      return matches
  return [paths.existing_file(path, what)]


def describe(files: Sequence[str]) -> str:
  """Returns the files of an input in a few words, for messages."""
  return files[0] + (f" and {len(files) - 1} more" if files[1:] else "")


def read(
  reader: Any,
  what: str,
  read_file: Callable[[str], Examples],
  write: Callable[..., Mapping[str, Any]],
  *,
  read_as: Callable[[str, Mapping[str, str]], Examples] | None = None,
) -> Examples:
  """Returns the examples of all files of an input.

  Args:
    reader: the input, with a `path`.
    what: the input, for messages.
    read_file: reads one file.
    write: given `files` and the `writer` of a store, writes the rows of large files,
      and returns what else is known of them.
    read_as: reads one file with the dtypes of some features given; None if the files
      say themselves of which types they are.

  Raises:
    UserError: there is no such file, or files differ in their columns.
  """
  files = find(reader.path, what)
  source = describe(files)
  if stored.are_large(files):
    store = stored.read(
      files, reader, lambda writer: write(files=files, writer=writer)
    )
    return stored.examples(store, label=reader.label, source=source)
  parts = [read_file(file) for file in files]
  if len(parts) == 1:
    return parts[0]
  if read_as is not None:
    wider = _wider_types(parts, reader.label)
    parts = [
      part
      if wider.items() <= _dtypes(part, reader.label).items()
      else read_as(file, wider)
      for file, part in zip(files, parts, strict=True)
    ]
  parts = open_lists(parts)
  _check_same(what, parts)
  chained = chain(parts, source)
  if any(part.lines is None for part in parts):
    return chained
  lines = sum(part.lines or 0 for part in parts)
  return dataclasses.replace(chained, lines=lines)


def _wider_types(parts: Sequence[Examples], label: Label) -> dict[str, str]:
  """Returns the dtypes that hold the values of all parts, where parts differ."""
  found: dict[str, set[str]] = {}
  for part in parts:
    for name, dtype in _dtypes(part, label).items():
      found.setdefault(name, set()).add(dtype)
  return {
    name: max(dtypes, key=csv_types.WIDTHS.index)
    for name, dtypes in found.items()
    if len(dtypes) > 1 and dtypes <= set(csv_types.WIDTHS)
  }


def _dtypes(part: Examples, label: Label) -> dict[str, str]:
  """Returns the dtypes of all columns as they are in the file."""
  dtypes = {name: spec.dtype for name, spec in part.specs().items()}
  labels: Mapping[str, np.ndarray] = {}
  if isinstance(part.labels, Mapping):
    labels = part.labels
  elif isinstance(label, str) and part.labels is not None:
    labels = {label: part.labels}
  for name, array in labels.items():
    is_text = array.dtype.kind == "O" or part.classes is not None
    dtypes[name] = "string" if is_text else array.dtype.name
  return dtypes


def _check_same(what: str, parts: Sequence[Examples]) -> None:
  """Raises a UserError unless all files have the same columns of the same types."""
  first = parts[0]
  known = first.specs()
  for part in parts[1:]:
    specs = part.specs()
    for name in [*known, *specs]:
      if known.get(name) != specs.get(name):
        raise UserError(
          f"{what}: {name!r} is {known.get(name) or 'missing'} in {first.source}, "
          f"and {specs.get(name) or 'missing'} in {part.source}."
        )
