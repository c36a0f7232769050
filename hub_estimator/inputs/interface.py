"""What an input is: something that reads examples.

An input of yours is any object with `read()`, which returns `Examples`.
"""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from hub_estimator.errors import UserError, nearest

# One column, one for each head of `heads.multi`, or none.
Label = str | Sequence[str] | None


@dataclasses.dataclass(frozen=True)
class FeatureSpec:
  """dtype by name ("string" for text and bytes), and the shape of one example.

  A dimension is None where examples may differ in it.
  """

  dtype: str
  shape: tuple[int | None, ...] = ()

  def __str__(self) -> str:
    return f"{self.dtype} {list(self.shape)}"


@dataclasses.dataclass(frozen=True)
class Examples:
  """Examples in memory, in a fixed order.

  Attributes:
    features: arrays [examples, ...] by name; strings as objects of `bytes`.
    labels: array [examples, ...], or several by name; None where there are none.
    source: where they were read, for messages.
    skipped: records that were left out because they are bad.

  Arrays may be any of `columns` as well, which read their rows later.
  """

  features: Mapping[str, np.ndarray]
  labels: np.ndarray | Mapping[str, np.ndarray] | None
  source: str
  skipped: int = 0

  def __post_init__(self):
    if not self.features:
      raise UserError(f"{self.source} has no features.")
    arrays = dict(self.features)
    if isinstance(self.labels, Mapping):
      arrays |= {f"the label {n!r}": a for n, a in self.labels.items()}
    elif self.labels is not None:
      arrays["the label"] = self.labels
    lengths = {name: len(array) for name, array in arrays.items()}
    if len(set(lengths.values())) > 1:
      raise UserError(
        f"{self.source} has columns of different lengths: {lengths}."
      )
    if len(self) == 0:
      raise UserError(f"{self.source} has no examples.")

  def __len__(self) -> int:
    return len(next(iter(self.features.values())))

  def specs(self) -> dict[str, FeatureSpec]:
    """Returns the type of each feature of one example."""
    return {name: spec_of(array) for name, array in self.features.items()}

  def take(
    self, indices: np.ndarray | slice
  ) -> tuple[dict[str, np.ndarray], np.ndarray | dict[str, np.ndarray] | None]:
    """Returns (features, labels) of some examples."""
    features = {name: array[indices] for name, array in self.features.items()}
    if isinstance(self.labels, Mapping):
      return features, {n: array[indices] for n, array in self.labels.items()}
    return features, None if self.labels is None else self.labels[indices]


class Input(Protocol):
  """Reads examples."""

  def read(self) -> Examples:
    """Returns all examples.

    Raises:
      UserError: with the file and the row of what is wrong.
    """


def spec_of(array: np.ndarray) -> FeatureSpec:
  """Returns the type of one example of an array [examples, ...]."""
  dtype = "string" if array.dtype.kind == "O" else array.dtype.name
  return FeatureSpec(dtype, tuple(array.shape[1:]))


def column(name: str, values: Sequence, source: str) -> np.ndarray:
  """Returns values of one column as an array of a dtype that TensorFlow has.

  Integers and booleans become int64, other numbers float32, strings objects of
  `bytes`, lists of equal length a further dimension.

  Raises:
    UserError: the values are of several kinds, missing, or ragged.
  """
  kinds = {type(v) for v in values}
  if kinds <= {str, bytes}:
    return strings(values)
  for row, value in enumerate(values):
    if value is None or isinstance(value, dict):
      raise UserError(f"{source}: {name!r} of example {row} is {value!r}.")
    if isinstance(value, str) != isinstance(values[0], str):
      raise UserError(
        f"{source}: {name!r} is {value!r} in example {row} and {values[0]!r} in "
        "example 0: a column is all text or all numbers."
      )
  try:
    array = np.asarray(values)
  except ValueError:
    array = np.empty(0, object)
  if array.dtype.kind == "U":
    flat = strings(array.reshape(-1).tolist())
    return flat.reshape(array.shape)
  if array.dtype.kind in "biu":
    return array.astype(np.int64)
  if array.dtype.kind == "f":
    return array.astype(np.float32)
  raise UserError(
    f"{source}: the lists of {name!r} differ in length or in kind."
  )


def strings(values: Sequence[str | bytes]) -> np.ndarray:
  """Returns an array of objects, text as UTF-8 `bytes`."""
  array = np.empty(len(values), dtype=object)
  for i, value in enumerate(values):
    array[i] = value.encode() if isinstance(value, str) else value
  return array


def check_names(kind: str, *, label: Label, features: Any = None) -> None:
  """Raises a UserError for what names no columns.

  Args:
    kind: of input, for the message.
    label: a name, several, or None.
    features: several names, or None.
  """
  for what, value, one in (
    ("label", label, isinstance(label, str)),
    ("features", features, False),
  ):
    several = isinstance(value, Sequence) and not isinstance(value, str)
    names = value if several else []
    if not (value is None or one or (several and all(map(_is_name, names)))):
      raise UserError(
        f"{kind}.{what} is {value!r}; it is "
        + ("a name, a list of names" if what == "label" else "a list of names")
        + ", or None."
      )


def _is_name(value) -> bool:
  return isinstance(value, str)


def label_columns(label: Label) -> list[str]:
  """Returns the columns that an input's `label` names."""
  if label is None:
    return []
  return [label] if isinstance(label, str) else list(label)


def expand_path(path: str, what: str) -> str:
  """Returns a path with ~ replaced.

  Raises:
    UserError: it is no string.
  """
  if not isinstance(path, str):
    raise UserError(f"{what} is {path!r}; it is a path.")
  return os.path.expanduser(path)


def open_path(path: str, what: str) -> str:
  """Returns an existing file's path.

  Raises:
    UserError: there is no such file.
  """
  path = expand_path(path, f"{what}.path")
  if not os.path.isfile(path):
    folder = os.path.dirname(os.path.abspath(path))
    held = os.listdir(folder) if os.path.isdir(folder) else []
    raise UserError(
      f"{what}: no file {path!r}; {folder} "
      + nearest(os.path.basename(path), held).replace("It has", "has")
    )
  return path


def split_label(
  columns: Mapping[str, np.ndarray],
  *,
  label: Label,
  features: Sequence[str] | None,
  source: str,
  skipped: int = 0,
) -> Examples:
  """Returns columns as examples.

  Args:
    columns: arrays by name.
    label: the column of labels, a list of several, or None.
    features: the columns to keep; None keeps all but the label.
    source: for messages.
    skipped: bad records that were left out.

  Raises:
    UserError: a named column doesn't exist.
  """
  of_labels = label_columns(label)
  wanted = (
    list(features)
    if features is not None
    else [name for name in columns if name not in of_labels]
  )
  for name in [*wanted, *of_labels]:
    if name not in columns:
      raise UserError(
        f"{source} has no column {name!r}; {nearest(name, columns)}"
      )
  return Examples(
    features={name: columns[name] for name in wanted},
    labels=columns[label]
    if isinstance(label, str)
    else {name: columns[name] for name in of_labels} or None,
    source=source,
    skipped=skipped,
  )
