"""The features that reach the top without a module."""

from hub_estimator.model.encoders.concatenation import Concat
from hub_estimator.model.encoders.plain_features import Columns
from hub_estimator.model.interface import Encoder


def columns_read(encoder: Encoder) -> set[str]:
  """Returns the features that an encoder's feature columns read.

  Args:
    encoder: one of `encoders`.
  """
  if isinstance(encoder, Columns):
    return {column.key for column in encoder.columns}
  if isinstance(encoder, Concat):
    return set().union(*(columns_read(e) for e in encoder.encoders))
  return set()
