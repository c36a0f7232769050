"""Columns of values as JSON has them: text, numbers, or lists of these."""

from collections.abc import Sequence
from typing import Any

from hub_estimator.inputs import arrays, label_lists
from hub_estimator.inputs.interface import Column


def make(
  name: str,
  values: Sequence[Any],
  lines: Sequence[int],
  source: str,
  *,
  is_label: bool,
) -> Column:
  """Returns the values of a column.

  Args:
    name: of the column.
    values: one a row.
    lines: of the values, for messages.
    source: the file, for messages.
    is_label: whether the column is one of labels, of which a row may have several.

  Raises:
    UserError: the values are of several kinds, missing, or too large.
  """
  if not is_label:
    return arrays.feature(name, values, source, lines)
  if label_lists.are_ragged(values):
    return label_lists.checked(name, values, lines, source)
  return arrays.column(name, values, source, lines)
