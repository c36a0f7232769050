"""Heads whose labels are numbers: any, probabilities, counts."""

import dataclasses

import gin

from hub_estimator.heads.interface import Labels
from hub_estimator.heads.labels import check_each, check_regression
from hub_estimator.tensorflow_runtime import estimator


@gin.register("regression", module="heads")
@dataclasses.dataclass(frozen=True)
class Regression:
  """Numbers, with mean squared error.

  Attributes:
    label_dimension: numbers per example; labels are [batch], or
      [batch, label_dimension].
    weight_column: the feature that holds example weights; None weighs all
      examples equally.
  """

  label_dimension: int = 1
  weight_column: str | None = None

  def build(self, name: str | None = None) -> estimator.Head:
    """Returns a `tf.estimator.RegressionHead`."""
    return estimator.RegressionHead(
      label_dimension=self.label_dimension,
      weight_column=self.weight_column,
      name=name,
    )

  def check_labels(self, labels: Labels) -> None:
    """Raises a UserError if labels aren't finite numbers of that dimension."""
    check_regression(labels, self.label_dimension)


@gin.register("logistic_regression", module="heads")
@dataclasses.dataclass(frozen=True)
class LogisticRegression:
  """Probabilities: labels from 0 to 1, with sigmoid cross entropy.

  Attributes:
    weight_column: the feature that holds example weights; None weighs all
      examples equally.
  """

  weight_column: str | None = None

  def build(self, name: str | None = None) -> estimator.Head:
    """Returns a `tf.estimator.LogisticRegressionHead`."""
    return estimator.LogisticRegressionHead(
      weight_column=self.weight_column, name=name
    )

  def check_labels(self, labels: Labels) -> None:
    """Raises a UserError if labels aren't numbers from 0 to 1."""
    column = check_regression(labels, 1)
    check_each(column, (column >= 0) & (column <= 1), "from 0 to 1")


@gin.register("poisson_regression", module="heads")
@dataclasses.dataclass(frozen=True)
class PoissonRegression:
  """Counts: labels at or above 0, with the Poisson loss of a log link.

  Attributes:
    label_dimension: counts per example; labels are [batch], or
      [batch, label_dimension].
    weight_column: the feature that holds example weights; None weighs all
      examples equally.
  """

  label_dimension: int = 1
  weight_column: str | None = None

  def build(self, name: str | None = None) -> estimator.Head:
    """Returns a `tf.estimator.PoissonRegressionHead`."""
    return estimator.PoissonRegressionHead(
      label_dimension=self.label_dimension,
      weight_column=self.weight_column,
      name=name,
    )

  def check_labels(self, labels: Labels) -> None:
    """Raises a UserError if labels aren't numbers at or above 0."""
    column = check_regression(labels, self.label_dimension)
    check_each(column, column >= 0, "at or above 0")
