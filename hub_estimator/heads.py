"""tf.estimator's heads, registered with gin.

A head of yours is any object with `build()`, which returns a
`tf.estimator.Head`, and `check_labels(labels)`, which raises `UserError` for
labels that the head can't take.
"""

import dataclasses
from collections.abc import Sequence

import gin
import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import estimator


@gin.register("binary", module="heads")
@dataclasses.dataclass(frozen=True)
class Binary:
  """Two classes, sigmoid cross entropy.

  Attributes:
    label_vocabulary: the two labels as strings; None where labels are 0 and 1.
    threshold: probability from which accuracy counts an example as positive.
  """

  label_vocabulary: Sequence[str] | None = None
  threshold: float = 0.5

  def build(self) -> estimator.Head:
    return estimator.BinaryClassHead(
      thresholds=None if self.threshold == 0.5 else [self.threshold],
      label_vocabulary=_list(self.label_vocabulary),
    )

  def check_labels(self, labels: np.ndarray) -> None:
    _check_classes(labels, 2, self.label_vocabulary)


@gin.register("multi_class", module="heads")
@dataclasses.dataclass(frozen=True)
class MultiClass:
  """One of several classes, softmax cross entropy.

  Attributes:
    n_classes: how many; at least 3, as tf.estimator has it, or 2 which makes
      the binary head.
    label_vocabulary: the labels as strings; None where they are 0 to
      n_classes - 1.
  """

  n_classes: int
  label_vocabulary: Sequence[str] | None = None

  def __post_init__(self):
    if not isinstance(self.n_classes, int) or self.n_classes < 2:
      raise UserError(
        f"multi_class.n_classes is {self.n_classes!r}; it is an integer of at "
        "least 2."
      )
    vocabulary = self.label_vocabulary
    if vocabulary is not None and len(vocabulary) != self.n_classes:
      raise UserError(
        f"multi_class.label_vocabulary has {len(vocabulary)} labels and "
        f"n_classes is {self.n_classes}."
      )

  def build(self) -> estimator.Head:
    if self.n_classes == 2:
      return Binary(self.label_vocabulary).build()
    return estimator.MultiClassHead(
      self.n_classes, label_vocabulary=_list(self.label_vocabulary)
    )

  def check_labels(self, labels: np.ndarray) -> None:
    _check_classes(labels, self.n_classes, self.label_vocabulary)


@gin.register("multi_label", module="heads")
@dataclasses.dataclass(frozen=True)
class MultiLabel:
  """Any of several classes at once; labels are 0 or 1, [batch, n_classes]."""

  n_classes: int

  def build(self) -> estimator.Head:
    return estimator.MultiLabelHead(self.n_classes)

  def check_labels(self, labels: np.ndarray) -> None:
    if labels.ndim != 2 or labels.shape[1] != self.n_classes:
      raise UserError(
        f"Labels have shape {list(labels.shape)}; heads.multi_label wants "
        f"[examples, {self.n_classes}]."
      )
    _check_numbers(labels)
    wrong = np.flatnonzero(((labels != 0) & (labels != 1)).any(axis=1))
    if wrong.size:
      raise UserError(
        f"Label {labels[wrong[0]].tolist()} of example {wrong[0]} isn't made of "
        "0 and 1, as heads.multi_label wants."
      )


@gin.register("regression", module="heads")
@dataclasses.dataclass(frozen=True)
class Regression:
  """Numbers, mean squared error; labels [batch] or [batch, label_dimension]."""

  label_dimension: int = 1

  def build(self) -> estimator.Head:
    return estimator.RegressionHead(label_dimension=self.label_dimension)

  def check_labels(self, labels: np.ndarray) -> None:
    _check_regression(labels, self.label_dimension)


@gin.register("logistic_regression", module="heads")
@dataclasses.dataclass(frozen=True)
class LogisticRegression:
  """Probabilities: labels from 0 to 1, sigmoid cross entropy."""

  def build(self) -> estimator.Head:
    return estimator.LogisticRegressionHead()

  def check_labels(self, labels: np.ndarray) -> None:
    _check_regression(labels, 1)
    _check_range(labels, (labels >= 0) & (labels <= 1), "from 0 to 1")


@gin.register("poisson_regression", module="heads")
@dataclasses.dataclass(frozen=True)
class PoissonRegression:
  """Counts: labels at or above 0, Poisson loss of a log link."""

  label_dimension: int = 1

  def build(self) -> estimator.Head:
    return estimator.PoissonRegressionHead(label_dimension=self.label_dimension)

  def check_labels(self, labels: np.ndarray) -> None:
    _check_regression(labels, self.label_dimension)
    _check_range(labels, labels >= 0, "at or above 0")


def _list(vocabulary):
  return None if vocabulary is None else list(vocabulary)


def _check_numbers(labels: np.ndarray) -> None:
  if labels.dtype.kind not in "biuf":
    raise UserError(
      f"Labels are strings such as {_text(labels.flat[0])!r}, and the head "
      "wants numbers."
    )


def _check_classes(labels, n_classes, vocabulary) -> None:
  if labels.ndim > 1 and labels.shape[1:] != (1,):
    raise UserError(
      f"Labels have shape {list(labels.shape)}; the head wants one a row."
    )
  labels = labels.reshape(-1)
  if vocabulary is not None:
    if labels.dtype.kind in "biuf":
      raise UserError(
        f"Labels are numbers such as {labels[0]}, and the head's "
        f"label_vocabulary holds strings: {', '.join(vocabulary)}."
      )
    known = set(vocabulary)
    for row, label in enumerate(labels):
      if _text(label) not in known:
        raise UserError(
          f"Label {_text(label)!r} of example {row} isn't among the head's: "
          f"{', '.join(vocabulary)}."
        )
    return
  if labels.dtype.kind not in "biuf":
    raise UserError(
      f"Labels are strings such as {_text(labels[0])!r}; give the head its "
      "label_vocabulary, the list of them."
    )
  integral = np.isfinite(labels) & (np.floor(labels) == labels)
  ok = integral & (labels >= 0) & (labels < n_classes)
  _check_range(labels, ok, f"one of the head's classes, 0 to {n_classes - 1}")


def _check_regression(labels, dimension) -> None:
  _check_numbers(labels)
  width = 1 if labels.ndim == 1 else int(np.prod(labels.shape[1:]))
  if width != dimension:
    raise UserError(
      f"Labels have {width} numbers a row, and the head's label_dimension is "
      f"{dimension}."
    )
  _check_range(labels, np.isfinite(labels), "a finite number")


def _check_range(labels, ok, wanted) -> None:
  wrong = np.flatnonzero(~ok.reshape(len(ok), -1).all(axis=1))
  if wrong.size:
    raise UserError(
      f"Label {labels[wrong[0]]} of example {wrong[0]} isn't {wanted} "
      f"({wrong.size} of {len(labels)} labels)."
    )


def _text(label) -> str:
  return (
    label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label)
  )
