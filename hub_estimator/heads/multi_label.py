"""The head whose examples have any number of several classes."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import gin
import numpy as np

from hub_estimator.errors import UserError, nearest
from hub_estimator.heads.interface import Labels
from hub_estimator.heads.labels import check_numbers, read_vocabulary
from hub_estimator.tensorflow_runtime import estimator


@gin.register("multi_label", module="heads")
@dataclasses.dataclass(frozen=True, repr=False)
class MultiLabel:
  """Any number of several classes, or none, with sigmoid cross entropy.

  Labels are one of:

    * 0 and 1 for each class, [batch, n_classes];
    * a column of 0 and 1 for each class: `inputs.csv.label = ["a", "b"]`;
    * lists of class names or of class ids, of any length: a separator in csv
      (`inputs.csv.label_separator`), lists in jsonl, and features of the shape
      [None] in TFRecords.

  Attributes:
    n_classes: how many classes; None takes those of the label_vocabulary.
    weight_column: the feature that holds example weights; None weighs all
      examples equally.
    label_vocabulary: the names of the classes in their order, or the path of a
      file with one name per line. None leaves classes numbers, or takes columns of
      0 and 1 in the order of the input's `label`.
  """

  n_classes: int | None = None
  weight_column: str | None = None
  label_vocabulary: Sequence[str] | str | None = None

  def __post_init__(self) -> None:
    if self.n_classes is None and self.label_vocabulary is None:
      raise UserError(
        "multi_label has neither n_classes nor a label_vocabulary; it needs one."
      )
    self._classes()

  def __repr__(self) -> str:
    # Manifests of runs from before the vocabulary hold this.
    names = None
    if self.label_vocabulary is not None:
      names = f", label_vocabulary={self.label_vocabulary!r}"
    return (
      f"MultiLabel(n_classes={self.n_classes!r}, "
      f"weight_column={self.weight_column!r}{names or ''})"
    )

  def build(self, name: str | None = None) -> estimator.Head:
    """Returns a `tf.estimator.MultiLabelHead`."""
    n_classes, vocabulary = self._classes()
    return estimator.MultiLabelHead(
      n_classes,
      weight_column=self.weight_column,
      label_vocabulary=vocabulary,
      name=name,
    )

  def check_labels(self, labels: Labels) -> None:
    """Raises a UserError if labels aren't of the kinds that the head reads."""
    self.indicators(labels)

  def indicators(self, labels: Labels) -> np.ndarray:
    """Returns labels of any kind as 0 and 1, [examples, n_classes].

    Args:
      labels: array [examples, n_classes] of 0 and 1; or arrays [examples] of them
        by class; or an array [examples, k] of class names, or [examples] of tuples
        of names or ids.

    Raises:
      UserError: there are other labels among them.
    """
    n_classes, vocabulary = self._classes()
    if isinstance(labels, Mapping):
      labels = self._stacked(labels, n_classes, vocabulary)
    lists = _lists(labels, n_classes)
    if lists is not None:
      return _from_lists(lists, n_classes, vocabulary)
    if labels.ndim != 2 or labels.shape[1] != n_classes:
      raise UserError(
        f"Labels have shape {list(labels.shape)}; heads.multi_label expects "
        f"[examples, {n_classes}]."
      )
    check_numbers(labels)
    wrong = np.flatnonzero(((labels != 0) & (labels != 1)).any(axis=1))
    if wrong.size:
      raise UserError(
        f"Label {labels[wrong[0]].tolist()} of example {wrong[0]} has values "
        "other than 0 and 1; heads.multi_label expects only these."
      )
    return labels

  def _classes(self) -> tuple[int, list[str] | None]:
    """Returns (their number, their names)."""
    if self.n_classes is not None:
      return self.n_classes, read_vocabulary(
        self.label_vocabulary, self.n_classes
      )
    names = read_vocabulary(self.label_vocabulary, None) or []
    return len(names), names

  def _stacked(
    self,
    columns: Mapping[str, np.ndarray],
    n_classes: int,
    vocabulary: list[str] | None,
  ) -> np.ndarray:
    """Returns columns of 0 and 1 side by side, in the order of the classes."""
    if vocabulary is not None:
      for name in columns:
        if name not in vocabulary:
          raise UserError(
            f"The label column {name!r} isn't in the label_vocabulary of "
            f"heads.multi_label; {nearest(name, vocabulary)}"
          )
    names = list(columns) if vocabulary is None else vocabulary
    if len(columns) != n_classes:
      raise UserError(
        f"Labels come as {len(columns)} columns, {', '.join(columns)}; "
        f"heads.multi_label has {n_classes} classes."
      )
    for name in names:
      if columns[name].ndim != 1:
        raise UserError(
          f"The label column {name!r} has shape {list(columns[name].shape)}; "
          "heads.multi_label expects one number per example."
        )
      check_numbers(columns[name])
    return np.stack([columns[name] for name in names], axis=1)


def are_lists(labels: np.ndarray) -> bool:
  """Returns whether labels are lists of any length, as tuples."""
  return (
    labels.dtype == object and labels.ndim == 1 and isinstance(labels[0], tuple)
  )


def _lists(
  labels: np.ndarray, n_classes: int
) -> Sequence[Sequence[Any]] | None:
  """Returns lists of names or ids; None if labels are something else."""
  if are_lists(labels):
    return list(labels)
  if labels.ndim == 2 and labels.dtype == object:
    return labels.tolist()
  if labels.dtype.kind not in "iu" or labels.ndim != 2:
    return None
  # Of another width, 0 and 1 may be either, and are refused.
  is_ids = labels.shape[1] != n_classes and (labels > 1).any()
  return labels.tolist() if is_ids else None


def _from_lists(
  lists: Sequence[Sequence[Any]], n_classes: int, vocabulary: list[str] | None
) -> np.ndarray:
  """Returns lists of names or ids as 0 and 1."""
  ids = {name.encode(): i for i, name in enumerate(vocabulary or ())}
  found = np.zeros([len(lists), n_classes], np.int64)
  for row, labels in enumerate(lists):
    for label in labels:
      is_name = isinstance(label, bytes)
      if is_name and vocabulary is None:
        raise UserError(
          f"Labels are names such as {shown([label])}; list them in "
          "heads.multi_label.label_vocabulary."
        )
      position = ids.get(label) if is_name else label
      if position is None or not 0 <= position < n_classes:
        known = ", ".join(vocabulary or [f"0 to {n_classes - 1}"])
        raise UserError(
          f"Label {shown([label])} of example {row} isn't one of the classes of "
          f"heads.multi_label: {known}."
        )
      found[row, position] = 1
  return found


def shown(labels: Sequence[Any]) -> str:
  """Returns some labels as text, for messages."""
  return ", ".join(
    repr(v.decode("utf-8", "replace") if isinstance(v, bytes) else v)
    for v in labels
  )
