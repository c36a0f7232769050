"""Arrays of an npz file, a batch at a time."""

import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from hub_estimator.errors import UserError, nearest, one_line
from hub_estimator.inputs import arrays
from hub_estimator.inputs.interface import Batch, FeatureSpec
from hub_estimator.inputs.npy_column import read_header


class Arrays:
  """A stream of the rows of an npz file, which is never read as a whole."""

  def __init__(self, path: str) -> None:
    """Reads the arrays' types.

    Raises:
      UserError: the file is broken, or doesn't hold arrays of one length above 0.
    """
    self.path = path
    try:
      with np.load(path) as file:
        self.names = tuple(file.files)
      self._headers = {name: self._read_header(name) for name in self.names}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
      raise UserError(f"{path}: {one_line(error)}") from error
    lengths = {n: s[0] if s else None for n, (s, _) in self._headers.items()}
    if not lengths or None in lengths.values():
      raise UserError(
        f"{path} holds {'a scalar' if lengths else 'no arrays'}; each array is "
        "[examples, ...]."
      )
    if len(set(lengths.values())) > 1:
      raise UserError(f"{path} has arrays of different lengths: {lengths}.")
    if 0 in lengths.values():
      raise UserError(f"{path} has no rows.")

  def spec(self, name: str, wanted: FeatureSpec | None) -> FeatureSpec:
    """Returns the type of an array as it is stored; see `Stream`."""
    del wanted
    shape, dtype = self._headers[name]
    return FeatureSpec(
      "string" if dtype.kind in "US" else dtype.name, tuple(shape[1:])
    )

  def batches(
    self, specs: Mapping[str, FeatureSpec], batch_size: int
  ) -> Iterator[Batch]:
    """Yields arrays [batch, ...] of these features; see `Stream`."""
    for name, spec in specs.items():
      if name not in self._headers:
        raise UserError(
          f"{self.path} has no array {name!r}; {nearest(name, self.names)}"
        )
      stored = self.spec(name, None)
      if not may_hold(stored, spec):
        raise UserError(
          f"{self.path}: {name!r} is {stored}, and {spec} is wanted."
        )
    readers = {name: self._pieces(name, batch_size) for name in specs}
    first = 0
    for pieces in zip(*readers.values(), strict=True):
      yield {
        name: cast(piece, name, spec, self.path, first)
        for (name, spec), piece in zip(specs.items(), pieces, strict=True)
      }
      first += batch_size

  def _read_header(self, name: str) -> tuple[tuple[int, ...], np.dtype[Any]]:
    with zipfile.ZipFile(self.path) as file, file.open(f"{name}.npy") as member:
      shape, _, dtype = read_header(member)
    if dtype.hasobject:
      raise UserError(
        f"{self.path}: {name!r} holds Python objects, which are never loaded; "
        "store text as an array of strings."
      )
    return shape, dtype

  def _pieces(self, name: str, batch_size: int) -> Iterator[np.ndarray]:
    """Yields batches of an array as it is stored."""
    with zipfile.ZipFile(self.path) as file, file.open(f"{name}.npy") as member:
      shape, by_column, dtype = read_header(member)
      if by_column:  # Its rows are scattered over the file.
        with np.load(self.path) as whole:
          array = whole[name]
        for first in range(0, shape[0], batch_size):
          yield array[first : first + batch_size]
        return
      width = int(np.prod(shape[1:], dtype=np.int64)) * dtype.itemsize
      for first in range(0, shape[0], batch_size):
        count = min(batch_size, shape[0] - first)
        content = member.read(count * width)
        if len(content) < count * width:
          raise UserError(f"{self.path}: {name!r} is cut short.")
        yield np.frombuffer(content, dtype).reshape(count, *shape[1:])


def may_hold(stored: FeatureSpec, wanted: FeatureSpec) -> bool:
  """Returns whether a stored feature may have values of the wanted type."""
  if (stored.dtype == "string") != (wanted.dtype == "string"):
    return False
  if stored.dtype != "string":
    kinds = [np.dtype(spec.dtype).kind for spec in (stored, wanted)]
    if kinds[0] == "f" and kinds[1] != "f":
      return False
  return wanted.accepts_shape(stored.shape)


def cast(
  array: np.ndarray, name: str, spec: FeatureSpec, path: str, first: int
) -> np.ndarray:
  """Returns rows as the wanted dtype, unless that changes a value.

  Args:
    array: [rows, ...].
    name: of the feature, for messages.
    spec: wanted.
    path: of the file, for messages.
    first: the number of the first row, for messages.

  Raises:
    UserError: a value would change.
  """
  if spec.dtype == "string":
    return arrays.text_of(array)
  with np.errstate(invalid="ignore", over="ignore"):
    found = array.astype(spec.dtype, copy=False)
  row = arrays.changed_row(array, found)
  if row is not None:
    raise UserError(
      f"{path}, row {first + row}: {name!r} is {array[row].tolist()}, and {spec} "
      "is wanted."
    )
  return found
