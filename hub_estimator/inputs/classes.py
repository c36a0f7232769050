"""Classes by their names: ids that a reader chose, renumbered in another order."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs.interface import Examples


def renumber(examples: Examples, classes: Sequence[str]) -> Examples:
  """Returns examples whose labels are positions in a list of classes.

  Args:
    examples: come back as they are if their labels aren't ids that the reader chose.
    classes: names in the order of the new ids.

  Raises:
    UserError: the examples have a class that isn't listed.
  """
  names = examples.classes
  labels = examples.labels
  if names is None or names == tuple(classes):
    return examples
  if labels is None or isinstance(labels, Mapping):
    return examples
  position = {name: i for i, name in enumerate(classes)}
  counts = np.bincount(labels.ravel(), minlength=len(names))
  for name, count in zip(names, counts, strict=True):
    if name not in position:
      raise UserError(
        f"{examples.source} has the class {name!r}, with {count} examples, which "
        f"isn't one of {len(classes)}: {nearest(name, classes)}"
      )
  ids = np.array([position[name] for name in names], np.int64)
  return dataclasses.replace(
    examples, labels=ids[labels], classes=tuple(classes)
  )


def name(examples: Examples) -> Examples:
  """Returns examples with ids and names of classes, if their labels are text."""
  labels = examples.labels
  if examples.classes is not None or not isinstance(labels, np.ndarray):
    return examples
  if labels.dtype.kind != "O" or any(isinstance(v, tuple) for v in labels[:1]):
    return examples
  names = sorted({value.decode() for value in labels.ravel().tolist()})
  ids = {value.encode(): i for i, value in enumerate(names)}
  numbers = [ids[value] for value in labels.ravel().tolist()]
  return dataclasses.replace(
    examples,
    labels=np.array(numbers, np.int64).reshape(labels.shape),
    classes=tuple(names),
  )


def match_classes(parts: Sequence[Examples]) -> list[Examples]:
  """Returns examples with equal names for equal ids.

  Args:
    parts: if their classes differ, all are numbered in the sorted order of all names.

  Raises:
    UserError: classes have names in some parts, and are numbers in others.
  """
  named = [part.classes for part in parts if part.classes is not None]
  if not named:
    return list(parts)
  parts = [name(part) for part in parts]
  named = [part.classes for part in parts if part.classes is not None]
  for part in parts:
    if part.classes is None:
      raise UserError(
        f"{part.source} has numbers as labels, and other inputs have classes by "
        f"name: {', '.join(named[0])}; give all inputs the same kind of labels."
      )
  first = named[0]
  merged = (
    first if all(n == first for n in named) else sorted(set().union(*named))
  )
  return [renumber(part, merged) for part in parts]
