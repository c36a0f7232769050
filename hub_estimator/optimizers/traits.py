"""Traits of an optimizer that other parts of a run ask about."""

from typing import Any

from hub_estimator.optimizers.interface import Optimizer


def is_known(optimizer: Optimizer) -> bool:
  """Returns whether this package defines an optimizer."""
  return type(optimizer).__module__.startswith(f"{__package__}.")


def without_rate(optimizer: Optimizer) -> Any:
  """Returns a key of the graph that an optimizer builds.

  Optimizers that differ only in a learning rate that is a number have the same
  key, because that rate can be fed.
  """
  fields = dict(getattr(optimizer, "__dict__", {}))
  if not isinstance(fields.get("learning_rate"), float):
    return optimizer
  return type(optimizer), {**fields, "learning_rate": None}
