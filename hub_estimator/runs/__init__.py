"""One run: check, train, evaluate, export, predict; and `apply` for a bare module."""

from hub_estimator.runs import applying, checking, experiment, predicting

__all__ = [
  "applying",
  "checking",
  "experiment",
  "predicting",
]
