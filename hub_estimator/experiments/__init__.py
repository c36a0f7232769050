"""The definition of a run; importing it registers every part of a run with gin."""

from hub_estimator.experiments import protocols
from hub_estimator.experiments.early_stopping import EarlyStopping
from hub_estimator.experiments.experiment import Experiment
from hub_estimator.experiments.gin_text import to_gin

__all__ = ["EarlyStopping", "Experiment", "protocols", "to_gin"]
