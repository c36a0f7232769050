"""Outputs of frozen modules, computed once and kept on disk.

Runs, epochs and the trials of a sweep share them. The key of kept outputs is
everything that they depend on: the module's content, signature, output and variant,
how features are fitted to it, and the examples themselves. A run's exports hold the
real module.
"""

from hub_estimator.features.keepable import NotKept, check_own_weights
from hub_estimator.features.outputs import Outputs

__all__ = [
  "NotKept",
  "Outputs",
  "check_own_weights",
]
