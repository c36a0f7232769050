"""Features that no module reads, as numbers: `tf.feature_column` by gin."""

import dataclasses
import os
from collections.abc import Mapping, Sequence
from typing import Any

import gin

from hub_estimator.errors import UserError, nearest
from hub_estimator.tensorflow_runtime import tf


@gin.register("numeric", module="columns")
@dataclasses.dataclass(frozen=True)
class Numeric:
  """A number, or an array of them, flattened.

  Attributes:
    key: the feature.
    mean: is subtracted.
    standard_deviation: the rest is divided by it.
  """

  key: str
  mean: float = 0.0
  standard_deviation: float = 1.0

  def __post_init__(self):
    if not self.standard_deviation > 0:
      raise UserError(
        f"columns.numeric.standard_deviation is {self.standard_deviation!r} for "
        f"{self.key!r}; it is a number above 0."
      )

  def build(self, feature: tf.Tensor) -> Any:
    """Returns the `tf.feature_column`.

    Args:
      feature: [batch, ...], the one that the column is of.
    """
    _check_numeric(self, feature)
    return tf.feature_column.numeric_column(
      self.key,
      shape=feature.shape[1:].as_list() or (1,),
      normalizer_fn=lambda x: (
        (tf.cast(x, tf.float32) - self.mean) / self.standard_deviation
      ),
    )


@gin.register("bucketized", module="columns")
@dataclasses.dataclass(frozen=True)
class Bucketized:
  """A number as the one bucket that it falls into.

  Attributes:
    key: the feature.
    boundaries: ascending; n of them make n + 1 buckets.
  """

  key: str
  boundaries: Sequence[float]

  def build(self, feature: tf.Tensor) -> Any:
    """Returns the `tf.feature_column`."""
    _check_numeric(self, feature)
    try:
      return tf.feature_column.bucketized_column(
        tf.feature_column.numeric_column(
          self.key, shape=feature.shape[1:].as_list() or (1,)
        ),
        list(self.boundaries),
      )
    except ValueError as error:
      raise UserError(
        f"columns.bucketized.boundaries for {self.key!r}: {error}"
      ) from error


@gin.register("categorical", module="columns")
@dataclasses.dataclass(frozen=True)
class Categorical:
  """A string or an integer as one of several values.

  Attributes:
    key: the feature.
    vocabulary: a list of the values, or the path of a file with one a line;
      others are none of them. None hashes values into `hash_buckets`.
    hash_buckets: how many there are without a vocabulary.
    width: of a trained vector for each value; None gives one-hot vectors.
  """

  key: str
  vocabulary: Sequence[str] | Sequence[int] | str | None = None
  hash_buckets: int | None = None
  width: int | None = None

  def __post_init__(self):
    if (self.vocabulary is None) == (self.hash_buckets is None):
      raise UserError(
        f"columns.categorical of {self.key!r} takes one of vocabulary and "
        "hash_buckets."
      )
    if isinstance(self.vocabulary, str) and not os.path.isfile(
      os.path.expanduser(self.vocabulary)
    ):
      raise UserError(
        f"columns.categorical.vocabulary of {self.key!r}: no file "
        f"{self.vocabulary!r}."
      )

  def build(self, feature: tf.Tensor) -> Any:
    """Returns the `tf.feature_column`."""
    columns = tf.feature_column
    dtype = feature.dtype if feature.dtype == tf.string else tf.int64
    if feature.dtype != tf.string and not feature.dtype.is_integer:
      raise UserError(
        f"columns.categorical: the feature {self.key!r} is "
        f"{feature.dtype.name}; categories are strings or integers."
      )
    if self.vocabulary is None:
      values = columns.categorical_column_with_hash_bucket(
        self.key, self.hash_buckets, dtype
      )
    elif isinstance(self.vocabulary, str):
      values = columns.categorical_column_with_vocabulary_file(
        self.key, os.path.expanduser(self.vocabulary), dtype=dtype
      )
    else:
      values = columns.categorical_column_with_vocabulary_list(
        self.key, list(self.vocabulary), dtype
      )
    if self.width is None:
      return columns.indicator_column(values)
    return columns.embedding_column(values, self.width)


def build_dense(
  columns: Sequence[Any], features: Mapping[str, tf.Tensor]
) -> tf.Tensor:
  """Adds the ops that join columns.

  Args:
    columns: any of the above, or yours: an object with `key` and `build`.
    features: [batch, ...] by name.

  Returns:
    float32 [batch, width].

  Raises:
    UserError: a column's feature doesn't exist, or is of the wrong type.
  """
  built = []
  for column in columns:
    if column.key not in features:
      raise UserError(
        f"columns has the key {column.key!r}; the data "
        + nearest(column.key, features).replace("It has", "has")
      )
    built.append(column.build(features[column.key]))
  keys = {column.key for column in columns}
  return tf.feature_column.input_layer(
    {key: features[key] for key in keys}, built
  )


def _check_numeric(column, feature) -> None:
  if not (feature.dtype.is_floating or feature.dtype.is_integer):
    raise UserError(
      f"columns: the feature {column.key!r} is {feature.dtype.name}, not a number."
    )
