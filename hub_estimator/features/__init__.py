"""Outputs of frozen modules, computed once and kept on disk."""

from hub_estimator.features.cache import (
  NotKept,
  Outputs,
  check_own_weights,
  is_known,
)

__all__ = [
  "NotKept",
  "Outputs",
  "check_own_weights",
  "is_known",
]
