"""Heads whose labels are classes: one of two, one of several."""

import dataclasses
from collections.abc import Sequence

import gin

from hub_estimator.errors import UserError
from hub_estimator.heads.deciding import BinaryHead, MultiClassHead
from hub_estimator.heads.interface import Labels
from hub_estimator.heads.labels import (
  check_classes,
  read_vocabulary,
)
from hub_estimator.tensorflow_runtime import estimator


@gin.register("binary", module="heads")
@dataclasses.dataclass(frozen=True)
class Binary:
  """Two classes, with sigmoid cross entropy.

  Attributes:
    label_vocabulary: the two labels as strings, or the path of a file with one
      label per line; None takes the names that the training data has, in sorted
      order, and leaves labels that are 0 and 1 as they are.
    threshold: an example is of class 1 if the probability of that class is
      above it, in predictions, exports and all metrics of classes: accuracy,
      precision, recall, F1. Between 0 and 1.
    weight_column: the feature that holds example weights; None weighs all
      examples equally.
  """

  label_vocabulary: Sequence[str] | str | None = None
  threshold: float = 0.5
  weight_column: str | None = None

  def __post_init__(self) -> None:
    if isinstance(self.threshold, bool) or not (
      isinstance(self.threshold, int | float) and 0 < self.threshold < 1
    ):
      raise UserError(
        f"binary.threshold is {self.threshold!r}; it must be a number between "
        "0 and 1."
      )

  def build(self, name: str | None = None) -> estimator.Head:
    """Returns a `tf.estimator.BinaryClassHead`."""
    return BinaryHead(
      self.threshold,
      weight_column=self.weight_column,
      label_vocabulary=read_vocabulary(self.label_vocabulary, 2),
      name=name,
    )

  def check_labels(self, labels: Labels) -> None:
    """Raises a UserError if a label is neither of the two."""
    vocabulary = read_vocabulary(self.label_vocabulary, 2)
    check_classes(labels, 2, vocabulary)


@gin.register("multi_class", module="heads")
@dataclasses.dataclass(frozen=True)
class MultiClass:
  """One of several classes, with softmax cross entropy.

  Attributes:
    n_classes: how many classes; 2 builds the binary head, because
      `tf.estimator.MultiClassHead` needs at least 3. None takes the classes of
      the label_vocabulary, else those of the training data.
    label_vocabulary: the labels as strings, or the path of a file with one
      label per line; None takes the names that the training data has, in sorted
      order, and leaves labels that are 0 to n_classes - 1 as they are.
    weight_column: the feature that holds example weights; None weighs all
      examples equally.
  """

  n_classes: int | None = None
  label_vocabulary: Sequence[str] | str | None = None
  weight_column: str | None = None

  def __post_init__(self) -> None:
    if self.n_classes is not None and (
      not isinstance(self.n_classes, int) or self.n_classes < 2
    ):
      raise UserError(
        f"multi_class.n_classes is {self.n_classes!r}; it must be an integer "
        "of at least 2, or None."
      )
    read_vocabulary(self.label_vocabulary, self.n_classes)

  def build(self, name: str | None = None) -> estimator.Head:
    """Returns a `tf.estimator.MultiClassHead`, or a binary head for 2 classes."""
    n_classes, vocabulary = self._classes()
    if n_classes == 2:
      return Binary(vocabulary, weight_column=self.weight_column).build(name)
    return MultiClassHead(
      n_classes,
      weight_column=self.weight_column,
      label_vocabulary=vocabulary,
      name=name,
    )

  def check_labels(self, labels: Labels) -> None:
    """Raises a UserError if a label is none of the classes."""
    check_classes(labels, *self._classes())

  def _classes(self) -> tuple[int, list[str] | None]:
    """Returns (their number, the vocabulary)."""
    vocabulary = read_vocabulary(self.label_vocabulary, self.n_classes)
    n_classes = len(vocabulary or ()) or self.n_classes
    if n_classes is None:
      raise UserError(
        "multi_class has neither n_classes nor a label_vocabulary; a run takes "
        "them from its training data."
      )
    return n_classes, vocabulary
