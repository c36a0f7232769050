"""The definition of a run; importing it registers every part with gin."""

# Each registers its parts.
from hub_estimator import (  # noqa: F401
  heads,
  inputs,
  modules,
  optimizers,
  preprocessing,
)
from hub_estimator.experiments.early_stopping import EarlyStopping
from hub_estimator.experiments.experiment import Experiment

__all__ = ["EarlyStopping", "Experiment"]
