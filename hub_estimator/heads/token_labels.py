"""Heads whose labels are about the tokens of an example."""

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.heads.interface import Head, Labels
from hub_estimator.heads.labels import one_column
from hub_estimator.heads.sequence import Sequence, label_counts
from hub_estimator.heads.span import Span


def reads_tokens(head: Head) -> bool:
  """Returns whether a head reads a vector for each token, not one an example."""
  return isinstance(head, Sequence | Span)


def labels_tokens(head: Head) -> bool:
  """Returns whether a head has a label for each token of an example."""
  return isinstance(head, Sequence)


def check_lengths(
  head: Head, labels: Labels | None, lengths: np.ndarray, name: str
) -> None:
  """Raises a UserError if labels don't fit the number of tokens.

  Args:
    head: any; heads that read no tokens accept all.
    labels: as the head's graph reads them; None accepts all.
    lengths: how many tokens each example has, int64 [examples].
    name: of the feature that holds the tokens.
  """
  if labels is None:
    return
  if isinstance(head, Sequence):
    counts = label_counts(labels)
    other = np.flatnonzero(lengths != counts)
    if other.size:
      row = int(other[0])
      raise UserError(
        f"example {row} has {lengths[row]} values of {name!r} and {counts[row]} "
        f"labels; heads.sequence expects one for each ({other.size} of "
        f"{len(lengths)} examples differ)."
      )
  elif isinstance(head, Span):
    column = one_column(labels)
    beyond = np.flatnonzero(column.max(axis=1) >= lengths)
    if beyond.size:
      row = int(beyond[0])
      raise UserError(
        f"example {row} has {lengths[row]} values of {name!r}, and its label is "
        f"{column[row].tolist()}; heads.span expects positions from 0 "
        f"({beyond.size} of {len(lengths)} examples are beyond it)."
      )
