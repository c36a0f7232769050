"""Reads a run's examples before step 1."""

import dataclasses
import logging

import numpy as np

from hub_estimator import heads, inputs
from hub_estimator.errors import UserError

_log = logging.getLogger(__name__)
_CHUNK_ROWS = 1024


def read_examples(
  source: inputs.Input, name: str, *, labelled: bool
) -> inputs.Examples:
  """Returns the examples of an input, one batch of which could be read.

  Args:
    source: the input.
    name: what the run calls it, for messages.
    labelled: whether labels are needed.

  Raises:
    UserError: the input can't be read, or lacks the labels that are needed.
  """
  examples = source.read()
  if labelled and examples.labels is None:
    raise UserError(
      f"{name} ({examples.source}) has no labels; name their column."
    )
  # Reads a row now, so that an error of step 1 appears in the check.
  examples.take(slice(0, 1))
  _warn_if_not_finite(examples)
  return examples


def is_labelled(head: heads.Head, examples: inputs.Examples) -> bool:
  """Returns whether examples have labels for a head, which may need none.

  Args:
    head: of the run.
    examples: as they are read.
  """
  return heads.needs_labels(head) or examples.labels is not None


def encode_labels(
  head: heads.Head, examples: inputs.Examples
) -> inputs.Examples:
  """Returns examples with labels as a head's graph reads them.

  Args:
    head: of the run.
    examples: as they are read.

  Raises:
    UserError: there are no labels, or the head doesn't read such.
  """
  if not is_labelled(head, examples):
    return examples
  try:
    labels = heads.encode_labels(head, examples.known_labels())
  except UserError as error:
    raise UserError(f"{examples.source}: {error}") from error
  if labels is examples.labels:
    return examples
  return dataclasses.replace(examples, labels=labels)


def _warn_if_not_finite(examples: inputs.Examples) -> None:
  """Warns of NaN and infinity; a module may know how to handle them."""
  for name, array in examples.features.items():
    if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
      continue
    bad = _rows_not_finite(array)
    if len(bad):
      row = np.asarray(array[bad[0]]).ravel()
      _log.warning(
        "%s: %r of example %d is %s: %d of %d examples hold a number that isn't "
        "finite.",
        examples.source,
        name,
        bad[0],
        row[~np.isfinite(row)][0],
        len(bad),
        len(array),
      )


def _rows_not_finite(array: np.ndarray) -> np.ndarray:
  """Returns the indices of rows that hold NaN or infinity, a chunk at a time."""
  chunks = (
    array[first : first + _CHUNK_ROWS]
    for first in range(0, len(array), _CHUNK_ROWS)
  )
  return np.flatnonzero(
    np.concatenate(
      [~np.isfinite(rows.reshape(len(rows), -1)).all(axis=1) for rows in chunks]
    )
  )
