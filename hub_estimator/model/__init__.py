"""Modules, head and optimizer, joined in a `model_fn`."""

from hub_estimator.model import (
  acceleration,
  encoders,
  feature_columns,
  hub_columns,
  metrics,
  model_fn,
  tops,
  towers,
)
from hub_estimator.model.encoders import Application
from hub_estimator.model.model_fn import (
  make_model_fn,
  placed_modules,
  prediction_names,
)

__all__ = [
  "Application",
  "acceleration",
  "encoders",
  "feature_columns",
  "hub_columns",
  "make_model_fn",
  "metrics",
  "model_fn",
  "placed_modules",
  "prediction_names",
  "tops",
  "towers",
]
