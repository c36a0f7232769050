"""Optimizers, learning-rate schedules, and the train op that uses them.

In Python each part has its gin name, too: `optimizers.sgd` is `optimizers.SGD`,
and `optimizers.schedules.cosine` is gin's `schedules.cosine`. An optimizer of
yours follows the Protocol `Optimizer`.
"""

from hub_estimator.optimizers import schedules
from hub_estimator.optimizers.accumulation import REST_APPLIED_AT
from hub_estimator.optimizers.averages import average_name
from hub_estimator.optimizers.decaying_adam import AdamW
from hub_estimator.optimizers.fine_tuning import FineTuning
from hub_estimator.optimizers.interface import LearningRate, Optimizer
from hub_estimator.optimizers.layerwise_momentum import LARS
from hub_estimator.optimizers.optimizers import (
  FTRL,
  SGD,
  Adagrad,
  Adam,
  RMSProp,
)
from hub_estimator.optimizers.train_op import (
  LEARNING_RATE,
  NOT_FINITE,
  assert_finite,
  build_train_op,
)
from hub_estimator.optimizers.traits import is_known, without_rate

adagrad = Adagrad
adam = Adam
adamw = AdamW
ftrl = FTRL
lars = LARS
rmsprop = RMSProp
sgd = SGD

__all__ = [
  "Adagrad",
  "Adam",
  "AdamW",
  "FTRL",
  "FineTuning",
  "LARS",
  "LEARNING_RATE",
  "LearningRate",
  "NOT_FINITE",
  "Optimizer",
  "REST_APPLIED_AT",
  "RMSProp",
  "SGD",
  "adagrad",
  "adam",
  "adamw",
  "assert_finite",
  "average_name",
  "build_train_op",
  "ftrl",
  "is_known",
  "lars",
  "rmsprop",
  "schedules",
  "sgd",
  "without_rate",
]
