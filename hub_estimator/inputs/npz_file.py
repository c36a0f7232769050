"""NumPy's .npz files."""

import dataclasses
from collections.abc import Sequence

import gin
import numpy as np

from hub_estimator.errors import UserError, one_line
from hub_estimator.inputs import arrays, names, paths
from hub_estimator.inputs.interface import Examples, Label


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
      with np.load(path) as file:
        columns = {
          name: _plain(file[name], f"{path}: {name!r}") for name in file.files
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


def _plain(array: np.ndarray, what: str) -> np.ndarray:
  """Returns an array with text as bytes, and float64 as float32."""
  if array.dtype.kind in "US":
    return arrays.text_of(array)
  if array.dtype == np.float64:
    with np.errstate(over="ignore"):
      cast = array.astype(np.float32)
    row = arrays.changed_row(array, cast) if array.size and array.ndim else None
    if row is not None:
      raise UserError(
        f"{what} of example {row} is {array[row].tolist()}, which float32 doesn't "
        "hold."
      )
    return cast
  return array
