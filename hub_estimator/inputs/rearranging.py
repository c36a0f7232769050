"""Examples made of other examples: rows selected, or several chained."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hub_estimator.inputs.classes import match_classes
from hub_estimator.inputs.columns import Chained, Selected
from hub_estimator.inputs.interface import Column, Examples, spec_of
from hub_estimator.inputs.sequences import Lists


def select(examples: Examples, indices: np.ndarray, source: str) -> Examples:
  """Returns rows of examples, in any order, any number of times.

  Args:
    examples: the rows to choose from.
    indices: int64, a row of `examples` for each row of the result.
    source: of the result, for messages.
  """
  return _rearrange(
    lambda columns: Selected(columns[0], indices), [examples], source
  )


def chain(parts: Sequence[Examples], source: str) -> Examples:
  """Returns the rows of all parts, one part after the other.

  Args:
    parts: their features and labels have the same names and types; classes that
      have names are matched by them.
    source: of the result, for messages.

  Raises:
    UserError: classes have names in some parts, and are numbers in others.
  """
  return _rearrange(Chained, match_classes(parts), source)


def open_lists(parts: Sequence[Examples]) -> list[Examples]:
  """Returns the parts; a feature that is ragged in one is so in all."""
  ragged = {
    name: spec
    for part in parts
    for name, spec in part.specs().items()
    if spec.is_ragged
  }

  def column_of(name: str, column: Column) -> Column:
    spec = spec_of(column)
    if name in ragged and spec.shape and spec.open() == ragged[name]:
      return Lists(column, open=True, sparse=False)
    return column

  return [
    dataclasses.replace(
      part,
      features={n: column_of(n, c) for n, c in part.features.items()},
    )
    for part in parts
  ]


def _rearrange(
  make: Callable[[Sequence[Column]], Column],
  parts: Sequence[Examples],
  source: str,
) -> Examples:
  """Returns examples, each column made of the same column of all parts."""
  return Examples(
    features={
      name: make([part.features[name] for part in parts])
      for name in parts[0].features
    },
    labels=_rearrange_labels(make, [part.labels for part in parts]),
    source=source,
    skipped=sum(part.skipped for part in parts),
    notes=tuple(note for part in parts for note in part.notes),
    classes=parts[0].classes,
  )


def _rearrange_labels(
  make: Callable[[Sequence[Column]], Column],
  labels: Sequence[np.ndarray | Mapping[str, np.ndarray] | None],
) -> np.ndarray | dict[str, np.ndarray] | None:
  """Returns labels as arrays: heads check them all before training."""
  by_name = [part for part in labels if isinstance(part, Mapping)]
  if by_name:
    return {n: make([part[n] for part in by_name])[:] for n in by_name[0]}
  arrays = [
    part
    for part in labels
    if part is not None and not isinstance(part, Mapping)
  ]
  return make(arrays)[:] if arrays else None
