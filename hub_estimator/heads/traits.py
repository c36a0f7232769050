"""Traits of a head that other parts of a run ask about."""

from collections.abc import Sequence

from hub_estimator.heads.any_labels import AnyLabels
from hub_estimator.heads.interface import Head
from hub_estimator.heads.multi_head import Multi
from hub_estimator.tensorflow_runtime import estimator, estimator_internals


def is_known(head: Head) -> bool:
  """Returns whether this package defines a head and all of its parts."""
  if isinstance(head, Multi):
    return all(is_known(child) for child in head.heads.values())
  return type(head).__module__.startswith(f"{__package__}.")


def needs_labels(head: Head) -> bool:
  """Returns whether a head can't be trained without labels."""
  return not isinstance(head, AnyLabels)


def weight_columns(head: Head) -> set[str]:
  """Returns the features that hold example weights for a head or its parts."""
  children = head.heads.values() if isinstance(head, Multi) else [head]
  columns = {getattr(child, "weight_column", None) for child in children}
  return {column for column in columns if column is not None}


def built_parts(built: estimator.Head) -> Sequence[estimator.Head]:
  """Returns the parts of what `heads.multi` has built, each with its name."""
  return estimator_internals.heads_of(built)


def logits_dimensions(built: estimator.Head) -> dict[str, int]:
  """Returns the widths of a built `heads.multi`'s logits, by head.

  Args:
    built: what a head's `build` returned; {} comes back for a single head.
  """
  if not isinstance(built, estimator.MultiHead):
    return {}
  heads = estimator_internals.heads_of(built)
  return {head.name: head.logits_dimension for head in heads}
