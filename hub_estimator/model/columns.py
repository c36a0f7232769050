"""Columns: features that no module reads, as numbers by `tf.feature_column`.

In Python each part has its gin name, too: `columns.numeric` is
`columns.Numeric`. A column of yours follows the Protocol `Column`.
"""

import dataclasses
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import gin

from hub_estimator import word_files
from hub_estimator.errors import UserError, nearest
from hub_estimator.model.interface import Column
from hub_estimator.tensorflow_runtime import tf


@gin.register("numeric", module="columns")
@dataclasses.dataclass(frozen=True)
class Numeric:
  """A number, or a flattened array of numbers.

  Attributes:
    key: the feature.
    mean: subtracted from the feature.
    standard_deviation: divides the difference.
  """

  key: str
  mean: float = 0.0
  standard_deviation: float = 1.0

  def __post_init__(self) -> None:
    if not self.standard_deviation > 0:
      raise UserError(
        f"columns.numeric.standard_deviation is {self.standard_deviation!r} "
        f"for {self.key!r}; it must be a number above 0."
      )

  def build(self, feature: tf.Tensor) -> Any:
    """Returns the `tf.feature_column`.

    Args:
      feature: the feature, [batch, ...].

    Raises:
      UserError: the feature isn't numeric.
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
  """A number as the bucket that it falls into, one-hot.

  Attributes:
    key: the feature.
    boundaries: in ascending order; n boundaries make n + 1 buckets.
  """

  key: str
  boundaries: Sequence[float]

  def build(self, feature: tf.Tensor) -> Any:
    """Returns the `tf.feature_column`.

    Args:
      feature: the feature, [batch, ...].

    Raises:
      UserError: the feature isn't numeric, or the boundaries don't ascend.
    """
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
  """A string or an integer as one of several categories.

  Attributes:
    key: the feature.
    vocabulary: a list of the categories, or the path of a file with one a line.
      All other values belong to no category. None hashes values into
      `hash_buckets`.
    hash_buckets: number of categories without a vocabulary.
    width: width of a trained vector for each category; None makes one-hot
      vectors.
  """

  key: str
  vocabulary: Sequence[str] | Sequence[int] | str | None = None
  hash_buckets: int | None = None
  width: int | None = None

  def __post_init__(self) -> None:
    if (self.vocabulary is None) == (self.hash_buckets is None):
      raise UserError(
        f"columns.categorical for {self.key!r} takes one of vocabulary and "
        "hash_buckets."
      )
    if isinstance(self.vocabulary, str) and not os.path.isfile(
      os.path.expanduser(self.vocabulary)
    ):
      raise UserError(
        f"columns.categorical.vocabulary for {self.key!r}: no file "
        f"{self.vocabulary!r}."
      )

  def build(self, feature: tf.Tensor) -> Any:
    """Returns the `tf.feature_column`.

    Args:
      feature: the feature, [batch, ...].

    Raises:
      UserError: the feature is neither a string nor an integer.
    """
    if feature.dtype != tf.string and not feature.dtype.is_integer:
      raise UserError(
        f"columns.categorical: the feature {self.key!r} is "
        f"{feature.dtype.name}; categories are strings or integers."
      )
    categories = self._categories(
      feature.dtype if feature.dtype == tf.string else tf.int64
    )
    if self.width is None:
      return tf.feature_column.indicator_column(categories)
    return tf.feature_column.embedding_column(categories, self.width)

  def _categories(self, dtype: tf.DType) -> Any:
    if self.vocabulary is None:
      return tf.feature_column.categorical_column_with_hash_bucket(
        self.key, self.hash_buckets, dtype
      )
    words: Sequence[str] | Sequence[int] = ()
    if isinstance(self.vocabulary, str):
      what = f"columns.categorical.vocabulary for {self.key!r}"
      lines = word_files.read_first_lines(self.vocabulary, what)
      if lines is None:
        return tf.feature_column.categorical_column_with_vocabulary_file(
          self.key, os.path.expanduser(self.vocabulary), dtype=dtype
        )
      words = list(lines) if dtype == tf.string else _integers(lines, what)
    return tf.feature_column.categorical_column_with_vocabulary_list(
      self.key, list(words or self.vocabulary), dtype
    )


def _integers(words: Iterable[str], what: str) -> list[int]:
  try:
    return [int(word) for word in words]
  except ValueError as error:
    raise UserError(f"{what}: the feature is integers; {error}.") from error


def build_dense(
  columns: Sequence[Column], features: Mapping[str, tf.Tensor]
) -> tf.Tensor:
  """Adds the ops that place columns side by side.

  Args:
    columns: columns of this file, or yours.
    features: tensors [batch, ...] by name.

  Returns:
    float32 [batch, width].

  Raises:
    UserError: a column's feature doesn't exist, or is of the wrong type.
  """
  built = []
  for column in columns:
    if column.key not in features:
      raise UserError(
        f"columns has the key {column.key!r}; "
        + nearest(column.key, features, owner="the data ")
      )
    _check_length(column, features[column.key])
    built.append(column.build(features[column.key]))
  keys = {column.key for column in columns}
  return tf.feature_column.input_layer(
    {key: features[key] for key in keys}, built
  )


def _check_length(column: Column, feature: tf.Tensor) -> None:
  """Refuses padded numbers: a category may be 0. Padded text is no category."""
  if (
    feature.dtype != tf.string
    and feature.shape.rank not in (None, 0, 1)
    and feature.shape[1] is None
  ):
    raise UserError(
      f"columns: the lists of {column.key!r} differ in length; lists of numbers "
      "must have one length, but lists of strings may have any."
    )


def _check_numeric(column: Column, feature: tf.Tensor) -> None:
  if not (feature.dtype.is_floating or feature.dtype.is_integer):
    raise UserError(
      f"columns: the feature {column.key!r} is {feature.dtype.name}, not a "
      "number."
    )


numeric = Numeric
bucketized = Bucketized
categorical = Categorical
