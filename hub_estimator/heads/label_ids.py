"""Class ids in place of labels that are strings."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np

from hub_estimator.heads.interface import Head, Labels
from hub_estimator.heads.labels import one_column, read_vocabulary
from hub_estimator.heads.multi_head import Multi
from hub_estimator.tensorflow_runtime import tf

_AnyHead = TypeVar("_AnyHead", bound=Head)


def class_ids(head: Head, labels: Labels) -> Labels:
  """Returns the labels of examples, class ids in place of strings.

  Args:
    head: one of this package's.
    labels: array [examples, ...], or one per head; all in the vocabulary.
  """
  if isinstance(head, Multi):
    return {n: _column_ids(h, labels[n]) for n, h in head.heads.items()}
  return _column_ids(head, one_column(labels))


def _column_ids(head: Head, labels: np.ndarray) -> np.ndarray:
  vocabulary = vocabulary_of(head)
  if vocabulary is None or np.asarray(labels).dtype.kind in "biuf":
    return labels
  ids = {label.encode(): i for i, label in enumerate(vocabulary)}
  labels = np.asarray(labels)
  return np.array([ids[v] for v in labels.ravel()], np.int64).reshape(
    labels.shape
  )


def build_class_ids(head: Head, labels: tf.Tensor) -> tf.Tensor:
  """Returns the labels of a classifier as int64 [batch].

  Args:
    head: any that has classes, but not `heads.multi`.
    labels: strings of the head's vocabulary, or numbers; [batch] or [batch, 1].
  """
  labels = tf.reshape(labels, [-1])
  vocabulary = vocabulary_of(head)
  if vocabulary is None or labels.dtype != tf.string:
    return tf.cast(labels, tf.int64)
  return look_up_ids(labels, vocabulary)


def look_up_ids(labels: tf.Tensor, vocabulary: Sequence[str]) -> tf.Tensor:
  """Returns the positions of labels in a vocabulary, int64; -1 of others.

  Args:
    labels: strings of any shape.
    vocabulary: the labels in class order.
  """
  ids = tf.range(len(vocabulary), dtype=tf.int64)
  initializer = tf.lookup.KeyValueTensorInitializer(
    tf.constant(list(vocabulary)), ids
  )
  return tf.lookup.StaticHashTable(initializer, -1).lookup(labels)


def without_vocabulary(
  head: Head, labels: tf.Tensor | Mapping[str, tf.Tensor]
) -> Head:
  """Returns a head that reads class ids where labels are class ids already.

  Args:
    head: any; it comes back as it is if its labels are strings.
    labels: tensor [batch, ...], or one per head.
  """
  if isinstance(head, Multi):
    children = {
      name: _without_vocabulary(child, labels[name])
      for name, child in head.heads.items()
    }
    return dataclasses.replace(head, heads=children)
  return _without_vocabulary(head, labels)


def _without_vocabulary(head: _AnyHead, labels: tf.Tensor) -> _AnyHead:
  return head if labels.dtype == tf.string else with_ids(head)


def with_ids(head: _AnyHead) -> _AnyHead:
  """Returns a head that reads class ids in place of strings, with as many classes.

  Args:
    head: any; it comes back as it is if it has no vocabulary.
  """
  vocabulary = vocabulary_of(head)
  if vocabulary is None or not dataclasses.is_dataclass(head):
    return head
  changes = {"label_vocabulary": None, "n_classes": len(vocabulary)}
  fields = {field.name for field in dataclasses.fields(head)}
  return dataclasses.replace(
    head, **{k: v for k, v in changes.items() if k in fields}
  )


def vocabulary_of(head: Head) -> list[str] | None:
  """Returns the labels of a head as strings, in class order; None without any.

  Raises:
    UserError: the file of the vocabulary can't be read, or doesn't fit the head.
  """
  return read_vocabulary(
    getattr(head, "label_vocabulary", None), getattr(head, "n_classes", 2)
  )
