"""Optimizers, learning rates and the train op."""

from hub_estimator.optimizers import schedules
from hub_estimator.optimizers.optimizers import (
  FTRL,
  LARS,
  LEARNING_RATE,
  NOT_FINITE,
  SGD,
  Adagrad,
  Adam,
  AdamW,
  FineTuning,
  RMSProp,
  average_name,
  build_train_op,
  is_known,
  without_rate,
)

__all__ = [
  "Adagrad",
  "Adam",
  "AdamW",
  "FTRL",
  "FineTuning",
  "LARS",
  "LEARNING_RATE",
  "NOT_FINITE",
  "RMSProp",
  "SGD",
  "average_name",
  "build_train_op",
  "is_known",
  "schedules",
  "without_rate",
]
