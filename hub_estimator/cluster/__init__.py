"""A process's place in a TensorFlow cluster, and the status of its members."""

from hub_estimator.cluster.status_files import (
  ENDED,
  FAILED,
  JOINED,
  PREEMPTED,
  TRAINING,
  StatusFiles,
)
from hub_estimator.cluster.task import (
  CHIEF,
  EVALUATOR,
  PS,
  WORKER,
  Task,
  environment,
  read_task,
)

__all__ = [
  "CHIEF",
  "ENDED",
  "EVALUATOR",
  "FAILED",
  "JOINED",
  "PREEMPTED",
  "PS",
  "TRAINING",
  "WORKER",
  "StatusFiles",
  "Task",
  "environment",
  "read_task",
]
