"""A reader and its options as plain values."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any


def describe(reader: Any) -> Any:
  """Returns a reader, with the readers inside it, as values that JSON has.

  Args:
    reader: one of `inputs`, or your own; of an object that isn't a dataclass,
      only the class is named.
  """
  if dataclasses.is_dataclass(reader) and not isinstance(reader, type):
    return {
      "kind": type(reader).__name__,
      **{
        field.name: describe(getattr(reader, field.name))
        for field in dataclasses.fields(reader)
      },
    }
  if reader is None or isinstance(reader, bool | int | float | str):
    return reader
  if isinstance(reader, Mapping):
    return {str(key): describe(value) for key, value in reader.items()}
  if isinstance(reader, Sequence) and not isinstance(reader, bytes):
    return [describe(value) for value in reader]
  # The address in a default repr differs from run to run.
  return type(reader).__name__
