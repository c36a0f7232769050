"""Labels of an input as the graph of a head reads them."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.heads.any_labels import AnyLabels
from hub_estimator.heads.interface import Head, Labels
from hub_estimator.heads.multi_head import Multi
from hub_estimator.heads.multi_label import MultiLabel, are_lists, shown
from hub_estimator.heads.sequence import Sequence
from hub_estimator.heads.span import Span


def encode_labels(head: Head, labels: Labels) -> Labels:
  """Returns labels as a head's graph reads them.

  Those of `heads.multi_label` are 0 and 1, those of `heads.sequence` padded, and those
  of `heads.span` pairs of positions.

  Args:
    head: of the run.
    labels: as an input reads them.

  Raises:
    UserError: the head doesn't read such labels.
  """
  if isinstance(head, AnyLabels):
    return labels
  if isinstance(head, MultiLabel):
    return head.indicators(labels)
  if isinstance(head, Sequence):
    return head.padded(labels)
  if isinstance(head, Span):
    return head.positions(labels)
  if isinstance(labels, Mapping):
    children = head.heads if isinstance(head, Multi) else {}
    encoded = {
      name: _encode_column(children.get(name), name, column)
      for name, column in labels.items()
    }
    same = all(encoded[name] is column for name, column in labels.items())
    return labels if same else encoded
  _check_one_each(labels)
  return labels


def _encode_column(head: Any, name: str, column: np.ndarray) -> np.ndarray:
  try:
    if isinstance(head, MultiLabel):
      return head.indicators(column)
    _check_one_each(column)
  except UserError as error:
    raise UserError(f"Label {name!r}: {error}") from error
  return column


def _check_one_each(labels: np.ndarray) -> None:
  if are_lists(labels):
    raise UserError(
      f"Labels are lists such as {shown(labels[0])}; only heads.multi_label, "
      "heads.sequence and heads.span read lists."
    )
