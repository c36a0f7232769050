"""Features that reach the top without a module."""

import dataclasses
from collections.abc import Mapping, Sequence

import gin

from hub_estimator.errors import UserError
from hub_estimator.model.application import Application
from hub_estimator.model.columns import build_dense
from hub_estimator.model.interface import Column
from hub_estimator.tensorflow_runtime import tf


@gin.register("columns", module="encoders")
@dataclasses.dataclass(frozen=True)
class Columns:
  """Features without a module, to use beside one in `concat` or alone.

  With a linear or MLP top, `concat` of modules and columns is the same model as
  tf.estimator's LinearEstimator or DNNEstimator on the same feature columns.

  Attributes:
    columns: each one of `columns`.
  """

  columns: Sequence[Column]

  def __post_init__(self) -> None:
    if isinstance(self.columns, str) or not self.columns:
      raise UserError(
        f"encoders.columns.columns is {self.columns!r}; it must be a list of "
        "columns, called: [@columns.<name>()]."
      )
    for column in self.columns:
      if isinstance(column, type) or not hasattr(column, "build"):
        raise UserError(
          f"encoders.columns.columns has {column!r}; it must be a list of "
          "columns, called: [@columns.<name>()]."
        )

  def applications(self) -> list[Application]:
    """Returns no applications."""
    return []

  def combine(
    self, outputs: Sequence[tf.Tensor], features: Mapping[str, tf.Tensor]
  ) -> tf.Tensor:
    """Returns the columns side by side, float32 [batch, width].

    Args:
      outputs: empty.
      features: all of the data's, [batch, ...] by name.

    Raises:
      UserError: a column's feature doesn't exist, or is of the wrong type.
    """
    del outputs
    return build_dense(self.columns, features)
