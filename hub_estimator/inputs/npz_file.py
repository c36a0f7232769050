"""NumPy's .npz files."""

import dataclasses
import zipfile
from collections.abc import Sequence
from typing import Any

import gin
import numpy as np

from hub_estimator import stores
from hub_estimator.errors import UserError, one_line
from hub_estimator.inputs import names, paths, stored
from hub_estimator.inputs.array_stream import Arrays
from hub_estimator.inputs.interface import Examples, Label
from hub_estimator.inputs.npy_column import NpyColumn, plain

_BLOCK_ROWS = 1024


@gin.register("npz", module="inputs")
@dataclasses.dataclass(frozen=True)
class Npz:
  """Arrays [examples, ...] of a file, by name.

  Attributes:
    path: the file.
    label: the array of labels, or a list of one for each head of `heads.multi`;
      None if there are no labels.
    features: the arrays to read; None reads all but the label.
  """

  path: str
  label: Label = "label"
  features: Sequence[str] | None = None

  def __post_init__(self) -> None:
    names.check_names("npz", label=self.label, features=self.features)

  def read(self) -> Examples:
    """Returns all examples.

    Raises:
      UserError: the file is missing or broken, or lacks an array.
    """
    path = paths.existing_file(self.path, "inputs.npz")
    try:
      if _is_large(path):
        return self._read_large(path)
      with np.load(path) as file:
        columns = {
          name: plain(file[name], f"{path}: {name!r}") for name in file.files
        }
    except UserError:
      raise
    except Exception as error:
      raise UserError(f"{path}: {one_line(error)}") from error
    scalars = [name for name, array in columns.items() if array.ndim == 0]
    if scalars:
      raise UserError(
        f"{path}: {scalars[0]!r} is a scalar, not [examples, ...]."
      )
    return names.split_label(
      columns, label=self.label, features=self.features, source=path
    )

  def _read_large(self, path: str) -> Examples:
    """Reads arrays where they are or, if they are compressed, by a store."""
    stream = Arrays(path)
    wanted = (
      stream.names
      if self.features is None
      else [*self.features, *names.label_columns(self.label)]
    )
    names.check_columns(path, stream.names, wanted)
    try:
      columns = {name: NpyColumn(path, name) for name in wanted}
    except ValueError:
      store = stored.read(
        [path], self, lambda writer: self._write(stream, wanted, writer)
      )
      return stored.examples(store, label=self.label, source=path)
    return names.split_label(
      columns, label=self.label, features=self.features, source=path
    )

  def _write(
    self, stream: Arrays, wanted: Sequence[str], writer: stores.StoreWriter
  ) -> dict[str, Any]:
    blocks = stored.BlockWriter(writer, self.label)
    specs = {name: stream.spec(name, None) for name in wanted}
    for block in stream.batches(specs, _BLOCK_ROWS):
      blocks.append(
        {n: plain(a, f"{stream.path}: {n!r}") for n, a in block.items()}
      )
    return blocks.close()


def _is_large(path: str) -> bool:
  with zipfile.ZipFile(path) as archive:
    return stored.is_large(sum(info.file_size for info in archive.infolist()))
