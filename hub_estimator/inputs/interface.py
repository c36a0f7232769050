"""The contract of an input: any object with `read()`, which returns `Examples`.

A reader of your own needs no base class and no registration, only that method.
"""

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from hub_estimator.errors import UserError

# One column, one for each head of `heads.multi`, or none.
Label = str | Sequence[str] | None
# Features by name, each [batch, ...].
Batch = dict[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class FeatureSpec:
  """dtype by name ("string" for text and bytes), and the shape of one example.

  A dimension is None if examples may differ in it. Shorter examples of a batch are
  padded; see `padding`.

  Attributes:
    sparse: whether a module reads the feature as a SparseTensor, without padding.
  """

  dtype: str
  shape: tuple[int | None, ...] = ()
  sparse: bool = False

  def __str__(self) -> str:
    kind = "sparse " if self.sparse else ""
    return f"{kind}{self.dtype} {list(self.shape)}"

  @property
  def padding(self) -> bytes | float:
    """The value behind the end of shorter examples.

    It is empty text, or 0. In a sparse feature, whose zeros are values, it is -1 for
    integers and NaN for floats, as in TensorFlow's feature columns.
    """
    if self.dtype == "string":
      return b""
    if not self.sparse:
      return 0
    return math.nan if np.dtype(self.dtype).kind == "f" else -1

  @property
  def is_ragged(self) -> bool:
    """Whether examples may differ in the length of their lists."""
    return bool(self.shape) and self.shape[0] is None

  def open(self) -> "FeatureSpec":
    """Returns the same type for lists of any length."""
    return dataclasses.replace(self, shape=(None, *self.shape[1:]))

  def accepts_shape(self, shape: tuple[int | None, ...]) -> bool:
    """Returns whether one example of this shape fits."""
    return len(shape) == len(self.shape) and all(
      wanted in (None, size)
      for size, wanted in zip(shape, self.shape, strict=True)
    )


class Column(Protocol):
  """One feature of all examples: a NumPy array, or one of `columns`.

  Attributes:
    dtype: NumPy's; objects for text and bytes.
    shape: [examples, ...]. The second dimension is None if rows may differ in
      length; rows that are read together are padded to the longest.
  """

  @property
  def dtype(self) -> np.dtype[Any]: ...

  @property
  def shape(self) -> tuple[int | None, ...]: ...

  def __len__(self) -> int:
    """Returns the number of examples."""

  def __getitem__(self, rows: slice | np.ndarray, /) -> np.ndarray:
    """Returns the rows of a slice or of an array of indices."""


@dataclasses.dataclass(frozen=True)
class Examples:
  """Examples in a fixed order.

  Attributes:
    features: columns [examples, ...] by name; strings as objects of `bytes`.
    labels: array [examples, ...], or several by name; None if there are none.
    source: where they were read, for messages.
    skipped: the number of bad records that were left out.
    lines: the number of lines of a text file; None for other sources.
    notes: whatever was odd about the source, a sentence each; logged as well.
    classes: names of the classes if the labels are class ids that the reader chose,
      in the order of these ids; None if labels are values of the data.
  """

  features: Mapping[str, Column]
  labels: np.ndarray | Mapping[str, np.ndarray] | None
  source: str
  skipped: int = 0
  lines: int | None = None
  notes: tuple[str, ...] = ()
  classes: tuple[str, ...] | None = None

  def __post_init__(self) -> None:
    if not self.features:
      raise UserError(f"{self.source} has no features.")
    lengths = {name: len(column) for name, column in self.features.items()}
    if isinstance(self.labels, Mapping):
      lengths |= {f"the label {n!r}": len(a) for n, a in self.labels.items()}
    elif self.labels is not None:
      lengths["the label"] = len(self.labels)
    if len(set(lengths.values())) > 1:
      raise UserError(
        f"{self.source} has columns of different lengths: {lengths}."
      )
    if len(self) == 0:
      raise UserError(f"{self.source} has no examples.")

  def __len__(self) -> int:
    return len(next(iter(self.features.values())))

  def known_labels(self) -> np.ndarray | Mapping[str, np.ndarray]:
    """Returns the labels.

    Raises:
      UserError: there are none.
    """
    if self.labels is None:
      raise UserError(f"{self.source} has no labels; name their column.")
    return self.labels

  def specs(self) -> dict[str, FeatureSpec]:
    """Returns the type of each feature of one example."""
    return {name: spec_of(column) for name, column in self.features.items()}

  def take(
    self, indices: np.ndarray | slice
  ) -> tuple[Batch, np.ndarray | Batch | None]:
    """Returns (features, labels) of some examples."""
    features = {name: column[indices] for name, column in self.features.items()}
    if isinstance(self.labels, Mapping):
      return features, {n: array[indices] for n, array in self.labels.items()}
    return features, None if self.labels is None else self.labels[indices]


class Input(Protocol):
  """Reads examples."""

  def read(self) -> Examples:
    """Returns all examples.

    Raises:
      UserError: the data is missing or wrong; the message names file and row.
    """


def spec_of(column: Column) -> FeatureSpec:
  """Returns the type of one example of a column [examples, ...]."""
  dtype = "string" if column.dtype.kind == "O" else column.dtype.name
  sparse = getattr(column, "sparse", False)
  return FeatureSpec(dtype, tuple(column.shape[1:]), sparse)
