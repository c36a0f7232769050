"""A process's place in a TensorFlow cluster, and how its members communicate."""

from hub_estimator.cluster.cluster import (
  CAME,
  CHIEF,
  ENDED,
  EVALUATOR,
  FAILED,
  LEFT,
  PS,
  TRAINING,
  WORKER,
  Board,
  Task,
  environment,
  read_task,
)

__all__ = [
  "Board",
  "CAME",
  "CHIEF",
  "ENDED",
  "EVALUATOR",
  "FAILED",
  "LEFT",
  "PS",
  "TRAINING",
  "Task",
  "WORKER",
  "environment",
  "read_task",
]
