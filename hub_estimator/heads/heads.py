"""tf.estimator's heads, registered with gin.

A head of yours is any object with `build()`, which returns a
`tf.estimator.Head`, and `check_labels(labels)`, which raises `UserError` for
labels that the head can't take.

The heads here have in common:

  * `weight_column`: the feature that holds each example's weight in loss and
    metrics, or None. Modules and exported models don't see it.
  * `label_vocabulary`: labels as strings, in order of their class; a list, or
    the path of a file with one a line.
"""

import dataclasses
import os
from collections.abc import Mapping, Sequence

import gin
import numpy as np

from hub_estimator.errors import UserError, nearest
from hub_estimator.tensorflow_runtime import estimator, tf


@gin.register("binary", module="heads")
@dataclasses.dataclass(frozen=True)
class Binary:
  """Two classes, sigmoid cross entropy.

  Attributes:
    label_vocabulary: the two labels as strings; None where labels are 0 and 1.
    threshold: probability from which accuracy counts an example as positive.
    weight_column: the feature of example weights.
  """

  label_vocabulary: Sequence[str] | str | None = None
  threshold: float = 0.5
  weight_column: str | None = None

  def build(self, name: str | None = None) -> estimator.Head:
    return estimator.BinaryClassHead(
      weight_column=self.weight_column,
      thresholds=None if self.threshold == 0.5 else [self.threshold],
      label_vocabulary=_vocabulary(self.label_vocabulary, 2),
      name=name,
    )

  def check_labels(self, labels: np.ndarray) -> None:
    _check_classes(labels, 2, _vocabulary(self.label_vocabulary, 2))


@gin.register("multi_class", module="heads")
@dataclasses.dataclass(frozen=True)
class MultiClass:
  """One of several classes, softmax cross entropy.

  Attributes:
    n_classes: how many; at least 3, as tf.estimator has it, or 2 which makes
      the binary head.
    label_vocabulary: the labels as strings; None where they are 0 to
      n_classes - 1.
    weight_column: the feature of example weights.
  """

  n_classes: int
  label_vocabulary: Sequence[str] | str | None = None
  weight_column: str | None = None

  def __post_init__(self):
    if not isinstance(self.n_classes, int) or self.n_classes < 2:
      raise UserError(
        f"multi_class.n_classes is {self.n_classes!r}; it is an integer of at "
        "least 2."
      )
    _vocabulary(self.label_vocabulary, self.n_classes)

  def build(self, name: str | None = None) -> estimator.Head:
    if self.n_classes == 2:
      return Binary(
        self.label_vocabulary, weight_column=self.weight_column
      ).build(name)
    return estimator.MultiClassHead(
      self.n_classes,
      weight_column=self.weight_column,
      label_vocabulary=_vocabulary(self.label_vocabulary, self.n_classes),
      name=name,
    )

  def check_labels(self, labels: np.ndarray) -> None:
    vocabulary = _vocabulary(self.label_vocabulary, self.n_classes)
    _check_classes(labels, self.n_classes, vocabulary)


@gin.register("multi_label", module="heads")
@dataclasses.dataclass(frozen=True)
class MultiLabel:
  """Any of several classes at once; labels are 0 or 1, [batch, n_classes]."""

  n_classes: int
  weight_column: str | None = None

  def build(self, name: str | None = None) -> estimator.Head:
    return estimator.MultiLabelHead(
      self.n_classes, weight_column=self.weight_column, name=name
    )

  def check_labels(self, labels: np.ndarray) -> None:
    _check_one_column(labels)
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
  weight_column: str | None = None

  def build(self, name: str | None = None) -> estimator.Head:
    return estimator.RegressionHead(
      label_dimension=self.label_dimension,
      weight_column=self.weight_column,
      name=name,
    )

  def check_labels(self, labels: np.ndarray) -> None:
    _check_regression(labels, self.label_dimension)


@gin.register("logistic_regression", module="heads")
@dataclasses.dataclass(frozen=True)
class LogisticRegression:
  """Probabilities: labels from 0 to 1, sigmoid cross entropy."""

  weight_column: str | None = None

  def build(self, name: str | None = None) -> estimator.Head:
    return estimator.LogisticRegressionHead(
      weight_column=self.weight_column, name=name
    )

  def check_labels(self, labels: np.ndarray) -> None:
    _check_regression(labels, 1)
    _check_range(labels, (labels >= 0) & (labels <= 1), "from 0 to 1")


@gin.register("poisson_regression", module="heads")
@dataclasses.dataclass(frozen=True)
class PoissonRegression:
  """Counts: labels at or above 0, Poisson loss of a log link."""

  label_dimension: int = 1
  weight_column: str | None = None

  def build(self, name: str | None = None) -> estimator.Head:
    return estimator.PoissonRegressionHead(
      label_dimension=self.label_dimension,
      weight_column=self.weight_column,
      name=name,
    )

  def check_labels(self, labels: np.ndarray) -> None:
    _check_regression(labels, self.label_dimension)
    _check_range(labels, labels >= 0, "at or above 0")


@gin.register("multi", module="heads")
@dataclasses.dataclass(frozen=True)
class Multi:
  """Several heads on one model; the loss is the weighted sum of theirs.

  Labels are columns by the heads' names: `inputs.csv.label = ["stars", "spam"]`.

  Attributes:
    heads: by name.
    weights: of each head's loss, by name; those that aren't in it weigh 1.
  """

  heads: Mapping[str, object]
  weights: Mapping[str, float] | None = None

  def __post_init__(self):
    if not isinstance(self.heads, Mapping) or not self.heads:
      raise UserError(
        f"multi.heads is {self.heads!r}; it is heads by name, such as "
        "{'stars': @heads.regression()}."
      )
    for name in self.weights or {}:
      if name not in self.heads:
        raise UserError(
          f"multi.weights names the head {name!r}; {nearest(name, self.heads)}"
        )

  def build(self) -> estimator.Head:
    weights = self.weights or {}
    return estimator.MultiHead(
      [head.build(name) for name, head in self.heads.items()],
      [weights.get(name, 1.0) for name in self.heads],
    )

  def check_labels(self, labels: Mapping[str, np.ndarray]) -> None:
    given = labels if isinstance(labels, Mapping) else {}
    if set(given) != set(self.heads):
      names = ", ".join(f'"{name}"' for name in self.heads)
      raise UserError(
        f"Labels are {', '.join(sorted(given)) or 'one column without a name'}; "
        f"heads.multi wants a column for each head: label = [{names}]."
      )
    for name, head in self.heads.items():
      try:
        head.check_labels(labels[name])
      except UserError as error:
        raise UserError(f"Head {name!r}: {error}") from error


def weight_columns(head) -> set[str]:
  """Returns the features that hold weights for a head, of any kind."""
  children = head.heads.values() if isinstance(head, Multi) else [head]
  return {getattr(child, "weight_column", None) for child in children} - {None}


def is_known(head) -> bool:
  """Returns whether a head is one of this file's, parts included."""
  if isinstance(head, Multi):
    return all(is_known(child) for child in head.heads.values())
  return type(head).__module__ == __name__


def class_ids(head, labels):
  """Returns the labels of examples with class ids in place of strings.

  Args:
    head: one of this file's.
    labels: array [examples, ...], or several by head; all in the vocabulary.
  """
  if isinstance(head, Multi):
    return {name: class_ids(h, labels[name]) for name, h in head.heads.items()}
  vocabulary = getattr(head, "label_vocabulary", None)
  if vocabulary is None:
    return labels
  vocabulary = _vocabulary(vocabulary, getattr(head, "n_classes", 2))
  ids = {label.encode(): i for i, label in enumerate(vocabulary)}
  labels = np.asarray(labels)
  return np.array([ids[v] for v in labels.ravel()], np.int64).reshape(
    labels.shape
  )


def without_vocabulary(head, labels):
  """Returns a head for labels that may be class ids already.

  Args:
    head: any.
    labels: tensor [batch, ...], or several by head.
  """
  if isinstance(head, Multi):
    children = {
      name: without_vocabulary(child, labels[name])
      for name, child in head.heads.items()
    }
    return dataclasses.replace(head, heads=children)
  if getattr(head, "label_vocabulary", None) is None:
    return head
  if labels.dtype == tf.string:
    return head
  return dataclasses.replace(head, label_vocabulary=None)


def build_class_ids(head, labels: tf.Tensor) -> tf.Tensor:
  """Returns the labels of a head of classes as int64 [batch]."""
  labels = tf.reshape(labels, [-1])
  vocabulary = getattr(head, "label_vocabulary", None)
  if vocabulary is None:
    return tf.cast(labels, tf.int64)
  vocabulary = _vocabulary(vocabulary, getattr(head, "n_classes", 2))
  ids = tf.range(len(vocabulary), dtype=tf.int64)
  initializer = tf.lookup.KeyValueTensorInitializer(
    tf.constant(vocabulary), ids
  )
  return tf.lookup.StaticHashTable(initializer, -1).lookup(labels)


def logits_dimensions(built: estimator.Head) -> dict[str, int]:
  """Returns the logits' widths by head of a built `heads.multi`; else {}."""
  if not isinstance(built, estimator.MultiHead):
    return {}
  return {head.name: head.logits_dimension for head in built._heads}


def _vocabulary(
  vocabulary: Sequence[str] | str | None, n_classes: int
) -> list[str] | None:
  """Returns the labels of a list or a file.

  Raises:
    UserError: there is no such file, or there are not n_classes of them.
  """
  if vocabulary is None:
    return None
  source = "label_vocabulary"
  if isinstance(vocabulary, str):
    source = path = os.path.expanduser(vocabulary)
    try:
      with open(path, encoding="utf-8") as file:
        vocabulary = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
      raise UserError(f"label_vocabulary {path!r}: {error}.") from error
  if len(vocabulary) != n_classes or len(set(vocabulary)) != n_classes:
    raise UserError(
      f"{source} has {len(vocabulary)} labels, {len(set(vocabulary))} different "
      f"ones, and the head has {n_classes} classes."
    )
  return list(vocabulary)


def _check_one_column(labels) -> None:
  if isinstance(labels, Mapping):
    raise UserError(
      f"Labels are the columns {', '.join(labels)}; only heads.multi takes more "
      "than one."
    )


def _check_numbers(labels: np.ndarray) -> None:
  if labels.dtype.kind not in "biuf":
    raise UserError(
      f"Labels are strings such as {_text(labels.flat[0])!r}, and the head "
      "wants numbers."
    )


def _check_classes(labels, n_classes, vocabulary) -> None:
  _check_one_column(labels)
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
  _check_one_column(labels)
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
