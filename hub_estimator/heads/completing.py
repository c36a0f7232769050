"""Heads that take their classes from the data."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.heads.classifiers import Binary, MultiClass
from hub_estimator.heads.interface import Head
from hub_estimator.heads.sequence import Sequence as TokenClasses


def has_classes(head: Head) -> bool:
  """Returns whether each example or token of a head has one class of several."""
  return isinstance(head, Binary | MultiClass | TokenClasses)


def classes_wanted(head: Head) -> int | None:
  """Returns how many classes a head says that it has; None if it doesn't say."""
  if isinstance(head, Binary):
    return 2
  wanted: int | None = getattr(head, "n_classes", None)
  return wanted


def with_classes(head: Any, *, names: Sequence[str] | None, count: int) -> Any:
  """Returns a head with the classes of the data.

  Args:
    head: one of this package's; others come back as they are.
    names: of the classes in order; None if they are numbers.
    count: of the classes.

  Raises:
    UserError: the head says that it has fewer classes, or there is only one.
  """
  if not isinstance(head, Binary | MultiClass | TokenClasses):
    return head
  wanted = classes_wanted(head)
  listed = f": {', '.join(names[:10])}" if names else ""
  if count < 2:
    raise UserError(
      f"The training data has {count} class{listed}; two at least."
    )
  if wanted is not None and (count > wanted or (names and count < wanted)):
    # Fewer numbers than classes may be a part of the data.
    raise UserError(
      f"The head has {wanted} classes, and the training data has {count}{listed}."
    )
  if isinstance(head, MultiClass | TokenClasses) and wanted is None:
    head = dataclasses.replace(head, n_classes=count)
  if names is None:
    return head
  return dataclasses.replace(head, label_vocabulary=list(names))
