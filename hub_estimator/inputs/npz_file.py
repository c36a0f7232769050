"""NumPy's .npz files."""

import dataclasses
from collections.abc import Sequence

import gin
import numpy as np

from hub_estimator.errors import UserError, one_line
from hub_estimator.inputs import interface


@gin.register("npz", module="inputs")
@dataclasses.dataclass(frozen=True)
class Npz:
  """Arrays [examples, ...] by name.

  Attributes:
    path: of the file.
    label: the array of labels, or a list of one for each head of `heads.multi`;
      None where there are none.
    features: the arrays to read; None reads all but the label.
  """

  path: str
  label: interface.Label = "label"
  features: Sequence[str] | None = None

  def __post_init__(self):
    interface.check_names("npz", label=self.label, features=self.features)

  def read(self) -> interface.Examples:
    """Returns all examples.

    Raises:
      UserError: the file is missing or broken, or lacks an array.
    """
    path = interface.open_path(self.path, "inputs.npz")
    try:
      with np.load(path) as file:
        arrays = {name: _plain(file[name]) for name in file.files}
    except Exception as error:
      raise UserError(f"{path}: {one_line(error)}") from error
    scalars = [name for name, array in arrays.items() if array.ndim == 0]
    if scalars:
      raise UserError(
        f"{path}: {scalars[0]!r} is a scalar, not [examples, ...]."
      )
    return interface.split_label(
      arrays, label=self.label, features=self.features, source=path
    )


def _plain(array: np.ndarray) -> np.ndarray:
  if array.dtype.kind in "US":
    return interface.strings(array.reshape(-1).tolist()).reshape(array.shape)
  if array.dtype == np.float64:
    return array.astype(np.float32)
  return array
