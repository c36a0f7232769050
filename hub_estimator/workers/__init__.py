"""Processes that work in parallel: forked, started here, or placed by Ray."""

from hub_estimator.workers import forking, processes, ray_workers
from hub_estimator.workers.processes import Processes, last_words

__all__ = [
  "Processes",
  "forking",
  "last_words",
  "processes",
  "ray_workers",
]
