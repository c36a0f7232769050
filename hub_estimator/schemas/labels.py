"""The labels of a run: their classes, named by the data, and how many each has."""

import dataclasses
import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator import heads
from hub_estimator.errors import UserError
from hub_estimator.inputs import Examples, renumber
from hub_estimator.schemas import columns
from hub_estimator.schemas.schema import TOKENS, LabelColumn, Schema

SINGLE = "label"
# More numbers than this, and more than examples, are hardly classes.
_MOST_CLASSES = 1000
_log = logging.getLogger(__name__)


def name_classes(
  head: heads.Head, train: Examples, before: Schema | None
) -> tuple[heads.Head, Examples]:
  """Returns the head with its classes, and the training examples numbered so.

  The names are those of the run's schema; else of the head's vocabulary; else those
  that the reader found; else the distinct strings among the labels, sorted.

  Args:
    head: of the run.
    train: the examples of training.
    before: the schema of the run that is resumed; None of a new run.

  Raises:
    UserError: the classes of the data aren't those of the head or of the run.
  """
  if train.labels is None and not heads.needs_labels(head):
    return head, train
  labels = train.known_labels()
  if isinstance(head, heads.Multi):
    if not isinstance(labels, Mapping) or set(labels) != set(head.heads):
      return head, train  # The head's own check says why.
    children = {
      name: _named(
        child, labels[name], None, before.classes(name) if before else None
      )
      for name, child in head.heads.items()
    }
    return dataclasses.replace(head, heads=children), train
  if isinstance(labels, Mapping):
    return head, train
  known = before.classes() if before else None
  names = known or heads.vocabulary_of(head) or train.classes
  if names is not None and train.classes is not None:
    train = renumber(train, names)
  return _named(head, labels, train.classes, known), train


def with_classes_of(head: heads.Head, schema: Schema) -> heads.Head:
  """Returns a head with the classes that a run was trained with.

  Args:
    head: of the run.
    schema: of the run.

  Raises:
    UserError: the head's vocabulary is another.
  """
  if isinstance(head, heads.Multi):
    children = {
      name: _with_classes_of(child, schema.labels.get(name))
      for name, child in head.heads.items()
    }
    return dataclasses.replace(head, heads=children)
  return _with_classes_of(head, schema.labels.get(SINGLE))


def _with_classes_of(head: Any, column: LabelColumn | None) -> Any:
  if column is None or not heads.has_classes(head):
    return head
  names, given = column.classes, heads.vocabulary_of(head)
  if given is not None:
    check_vocabulary(given, names)
    return head
  if names is None:
    count = max(len(counts) for counts in column.counts.values())
    return heads.with_classes(head, names=None, count=count)
  if len(names) < (heads.classes_wanted(head) or 0):
    return head
  return heads.with_classes(head, names=names, count=len(names))


def check_vocabulary(given: Sequence[str], names: Sequence[str] | None) -> None:
  """Raises a UserError if a vocabulary isn't the one that a run was trained with.

  Args:
    given: the head's.
    names: of the classes of the run; None if it was trained with numbers.
  """
  if names is not None and tuple(given) != tuple(names):
    raise UserError(
      f"The head's label_vocabulary is {', '.join(given)}, and the run was trained "
      f"with {', '.join(names)}."
    )


def _named(
  head: Any,
  labels: np.ndarray,
  from_reader: tuple[str, ...] | None,
  known: tuple[str, ...] | None,
) -> Any:
  """Returns a head with the classes of its column of labels."""
  if not heads.has_classes(head):
    return head
  given = heads.vocabulary_of(head)
  if given is not None:
    check_vocabulary(given, known)
    names: list[str] | None = given
  elif known or from_reader:
    names = list(known or from_reader or ())
  elif labels.dtype.kind == "O":
    values = heads.label_values(head, labels)
    names = sorted({text(label) for label in values.ravel()})
  else:
    names = None
  wanted = heads.classes_wanted(head)
  if names is not None:
    if given is None and from_reader and len(names) < (wanted or 0):
      _log.warning(
        "The head has %d classes, and the data %d: %s; the others have no names.",
        wanted,
        len(names),
        ", ".join(names),
      )
      return head
    return heads.with_classes(head, names=names, count=len(names))
  if wanted is not None:
    return head
  count = _count(labels)
  if count > max(_MOST_CLASSES, len(labels)):
    raise UserError(
      f"The labels of {len(labels)} examples go up to {count - 1}; if these are "
      "classes, set heads.multi_class.n_classes."
    )
  return heads.with_classes(head, names=None, count=count)


def _count(labels: np.ndarray) -> int:
  """Returns how many classes numbers stand for: 0 to the largest of them."""
  finite = labels[np.isfinite(labels)]
  return int(finite.max()) + 1 if finite.size else 0


def describe(
  head: heads.Head, train: Examples, evaluation: Examples
) -> dict[str, LabelColumn]:
  """Returns the labels by the head's name.

  Args:
    head: with the classes of the data.
    train: the examples of training, numbered as the head.
    evaluation: likewise.
  """
  if train.labels is None and not heads.needs_labels(head):
    return {}
  found = {"train": train.known_labels(), "eval": evaluation.known_labels()}
  if isinstance(head, heads.Multi):
    return {
      name: _describe(child, {k: v[name] for k, v in found.items()}, None)
      for name, child in head.heads.items()
    }
  if any(isinstance(labels, Mapping) for labels in found.values()):
    return {}
  return {SINGLE: _describe(head, found, train.classes)}


def _describe(
  head: heads.Head,
  labels: Mapping[str, Any],
  from_reader: tuple[str, ...] | None,
) -> LabelColumn:
  column = labels["train"]
  dtype = "string" if column.dtype.kind == "O" else column.dtype.name
  shape: tuple[int | None, ...] = tuple(column.shape[1:])
  if not heads.has_classes(head):
    if isinstance(head, heads.MultiLabel):
      of_columns = heads.vocabulary_of(head)
      counts = {k: _ones(v, of_columns) for k, v in labels.items()}
      classes = of_columns and tuple(of_columns)
      return LabelColumn("classes", dtype, shape, classes or None, counts)
    found = columns.number_range(column)
    return LabelColumn("number", dtype, shape, from_reader, range=found)
  names = heads.vocabulary_of(head) or from_reader
  count = heads.classes_wanted(head) or 0
  counts = {
    k: class_counts(heads.label_values(head, v), names, count)
    for k, v in labels.items()
  }
  kind = "class"
  if heads.labels_tokens(head):
    kind, shape = TOKENS, (None,)
  return LabelColumn(
    kind, dtype, shape, classes=names and tuple(names), counts=counts
  )


def class_counts(
  labels: np.ndarray, names: Any, n_classes: int
) -> dict[str, int]:
  """Returns the number of examples of each class, by name.

  Args:
    labels: strings, or ids.
    names: in the order of the ids; None names classes by their ids.
    n_classes: how many there are.
  """
  shown = [str(i) for i in range(n_classes)] if names is None else names
  if labels.dtype.kind == "O":
    found, counts = np.unique(
      [text(v) for v in labels.ravel()], return_counts=True
    )
    by_name = dict(zip(found.tolist(), counts.tolist(), strict=True))
    return {name: by_name.get(name, 0) for name in shown}
  ids = labels.ravel().astype(np.int64)
  of_ids = np.bincount(ids, minlength=len(shown)).tolist()
  return dict(zip(shown, of_ids, strict=False))


def _ones(labels: np.ndarray, names: Sequence[str] | None) -> dict[str, int]:
  """Returns in how many examples each class is, of columns of 0 and 1."""
  counts = labels.sum(axis=0).astype(np.int64).tolist()
  shown = names or [str(i) for i in range(len(counts))]
  return dict(zip(shown, counts, strict=False))


def text(label: Any) -> str:
  """Returns a label as text."""
  return (
    label.decode("utf-8", "replace") if isinstance(label, bytes) else str(label)
  )
