"""Features of a file or a folder, a batch at a time: any size fits in memory."""

import itertools
import os
import pathlib
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

import numpy as np

from hub_estimator.errors import UserError, nearest, one_line
from hub_estimator.inputs import csv_file as csv
from hub_estimator.inputs import image_folder as images
from hub_estimator.inputs import interface
from hub_estimator.inputs import jsonl_file as jsonl
from hub_estimator.inputs.interface import FeatureSpec

_ROWS = {".csv": csv.read_rows, ".jsonl": jsonl.read_rows}
_SUFFIXES = (*_ROWS, ".npz")
Batch = dict[str, np.ndarray]


class Stream(Protocol):
  """Rows with features by name.

  Attributes:
    path: where they are read.
    names: of the features.
  """

  path: str
  names: tuple[str, ...]

  def spec(self, name: str, wanted: FeatureSpec | None) -> FeatureSpec:
    """Returns the type that a feature is read as.

    Args:
      name: one of `names`.
      wanted: what it is to be; a dimension may be None, where any will do. None
        takes it as it is stored.
    """

  def batches(
    self, specs: Mapping[str, FeatureSpec], batch_size: int
  ) -> Iterator[Batch]:
    """Yields arrays [batch, ...] of these features.

    Raises:
      UserError: a row lacks a feature or holds another type; with its place.
    """


def open_stream(path: str, what: str) -> Stream:
  """Returns the rows of a csv, jsonl or npz file, or the images of a folder.

  Args:
    path: ends in .csv, .jsonl or .npz, or is a folder of images, in which other
      folders may lie; its feature is "image", encoded.
    what: the verb, for messages.

  Raises:
    UserError: there is no such file, it is empty, or of another kind.
  """
  path = os.path.expanduser(path)
  if os.path.isdir(path):
    return Images(path)
  path = interface.open_path(path, what)
  suffix = os.path.splitext(path)[1].lower()
  if suffix not in _SUFFIXES:
    raise UserError(
      f"{what} reads {', '.join(_SUFFIXES)} and folders of images, and got "
      f"{path!r}."
    )
  return Arrays(path) if suffix == ".npz" else Rows(path, _ROWS[suffix])


class Rows:
  """Of a csv or jsonl file."""

  def __init__(self, path: str, read):
    self.path = path
    self._read = read
    first = next(read(path), None)
    if first is None:
      raise UserError(f"{path} has no rows.")
    self._first = first[1]
    self.names = tuple(self._first)

  def spec(self, name: str, wanted: FeatureSpec | None) -> FeatureSpec:
    value = self._first[name]
    if wanted is None:
      array = interface.column(name, [value], self.path)
      return interface.spec_of(array)
    shape = () if isinstance(value, str) else np.shape(value)
    if len(wanted.shape) == len(shape):
      shape = wanted.shape
    return FeatureSpec(wanted.dtype, shape)

  def batches(self, specs, batch_size) -> Iterator[Batch]:
    rows = self._read(self.path)
    while batch := list(itertools.islice(rows, batch_size)):
      yield {
        name: self._column(name, spec, batch) for name, spec in specs.items()
      }

  def _column(self, name, spec, batch) -> np.ndarray:
    values = []
    for line, row in batch:
      where = f"{self.path}, line {line}"
      value = _value(where, row, name, spec)
      if values and np.shape(value) != np.shape(values[0]):
        raise UserError(
          f"{where}: {name!r} has shape {list(np.shape(value))}, and the row "
          f"before it in its batch {list(np.shape(values[0]))}."
        )
      values.append(value)
    if spec.dtype == "string":
      flat = interface.strings(
        np.ravel(values).tolist() if spec.shape else values
      )
      return flat.reshape(len(values), *np.shape(values[0]))
    return np.stack(values)


class Arrays:
  """Of an npz file, read piece by piece."""

  def __init__(self, path: str):
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
    del wanted
    shape, dtype = self._headers[name]
    return FeatureSpec(
      "string" if dtype.kind in "US" else dtype.name, tuple(shape[1:])
    )

  def batches(self, specs, batch_size) -> Iterator[Batch]:
    for name, spec in specs.items():
      if name not in self._headers:
        raise UserError(
          f"{self.path} has no array {name!r}; {nearest(name, self.names)}"
        )
      stored = self.spec(name, None)
      if not _may_hold(stored, spec):
        raise UserError(
          f"{self.path}: {name!r} is {stored}, and {spec} is wanted."
        )
    readers = {name: self._pieces(name, batch_size) for name in specs}
    for pieces in zip(*readers.values(), strict=True):
      yield {
        name: _cast(piece, spec)
        for (name, spec), piece in zip(specs.items(), pieces, strict=True)
      }

  def _read_header(self, name: str) -> tuple[tuple[int, ...], np.dtype]:
    with zipfile.ZipFile(self.path) as file, file.open(f"{name}.npy") as member:
      shape, _, dtype = _read_npy_header(member)
    if dtype.hasobject:
      raise UserError(
        f"{self.path}: {name!r} holds Python objects, which are never loaded; "
        "store text as an array of strings."
      )
    return shape, dtype

  def _pieces(self, name: str, batch_size: int) -> Iterator[np.ndarray]:
    with zipfile.ZipFile(self.path) as file, file.open(f"{name}.npy") as member:
      shape, by_column, dtype = _read_npy_header(member)
      if by_column:  # Of which rows aren't together.
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


class Images:
  """JPEG, PNG, GIF and BMP files of a folder and the folders in it, by name."""

  names = ("image",)

  def __init__(self, path: str):
    self.path = path
    root = pathlib.Path(path)
    self.files = tuple(
      str(p.relative_to(root))
      for p in sorted(root.rglob("*"))
      if p.suffix.lower() in images.SUFFIXES and p.is_file()
    )
    if not self.files:
      raise UserError(
        f"{path} has no images; they end in {', '.join(images.SUFFIXES)}."
      )

  def spec(self, name: str, wanted: FeatureSpec | None) -> FeatureSpec:
    del name, wanted
    return FeatureSpec("string")

  def batches(self, specs, batch_size) -> Iterator[Batch]:
    for name in specs:
      if name not in self.names:
        raise UserError(
          f"{self.path} is a folder of images, and has no feature {name!r}."
        )
    for first in range(0, len(self.files), batch_size):
      contents = []
      for name in self.files[first : first + batch_size]:
        file = pathlib.Path(self.path, name)
        problem = images.find_problem(file)
        if problem:
          raise UserError(f"{file}: {problem}.")
        contents.append(file.read_bytes())
      yield {"image": interface.strings(contents)}


def _read_npy_header(member):
  version = np.lib.format.read_magic(member)
  read = (
    np.lib.format.read_array_header_1_0
    if version == (1, 0)
    else np.lib.format.read_array_header_2_0
  )
  return read(member)


def _may_hold(stored: FeatureSpec, wanted: FeatureSpec) -> bool:
  if (stored.dtype == "string") != (wanted.dtype == "string"):
    return False
  if stored.dtype != "string":
    kinds = [np.dtype(spec.dtype).kind for spec in (stored, wanted)]
    if kinds[0] == "f" and kinds[1] != "f":
      return False
  return _shape_fits(stored.shape, wanted)


def _cast(array: np.ndarray, spec: FeatureSpec) -> np.ndarray:
  if spec.dtype == "string":
    return interface.strings(array.reshape(-1).tolist()).reshape(array.shape)
  return array.astype(spec.dtype, copy=False)


def _value(where: str, row: Mapping[str, Any], name: str, spec: FeatureSpec):
  if name not in row:
    raise UserError(f"{where}: no {name!r}; it has: {', '.join(row)}.")
  value = row[name]
  if spec.dtype == "string":
    shape = np.shape(value)
    kinds = (
      {type(v) for v in np.ravel(value).tolist()} if shape else {type(value)}
    )
    if not _shape_fits(shape, spec) or not kinds <= {str}:
      raise UserError(f"{where}: {name!r} is {value!r}, and {spec} is wanted.")
    return value
  try:
    array = np.asarray(value)
    if array.dtype.kind == "U":
      array = array.astype(np.float64)
    cast = array.astype(spec.dtype)
    fits = array.dtype.kind in "biuf" and (
      np.dtype(spec.dtype).kind == "f" or np.array_equal(cast, array)
    )
  except (ValueError, TypeError):
    fits = False
  if not fits or not _shape_fits(cast.shape, spec):
    raise UserError(f"{where}: {name!r} is {value!r}, and {spec} is wanted.")
  return cast


def _shape_fits(shape: tuple[int, ...], spec: FeatureSpec) -> bool:
  return len(shape) == len(spec.shape) and all(
    w in (None, s) for s, w in zip(shape, spec.shape, strict=True)
  )
