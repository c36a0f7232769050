"""Processes that work in parallel: started or forked here, or placed by Ray.

Imports no TensorFlow: a command starts to fork workers before it imports that.
"""

from hub_estimator.workers.forking import Forker
from hub_estimator.workers.interface import (
  MakeWorkers,
  Process,
  Program,
  Workers,
)
from hub_estimator.workers.logs import last_words
from hub_estimator.workers.process_names import is_gone, process_name
from hub_estimator.workers.processes import Processes
from hub_estimator.workers.ray_workers import RayWorkers

__all__ = [
  "Forker",
  "MakeWorkers",
  "Process",
  "Processes",
  "Program",
  "RayWorkers",
  "Workers",
  "is_gone",
  "last_words",
  "process_name",
]
