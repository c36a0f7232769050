"""Check, train, evaluate, export and predict with a run; apply a bare module."""

from hub_estimator.runs.applying import apply, apply_to_file
from hub_estimator.runs.checking import check, check_devices
from hub_estimator.runs.data_description import describe_data
from hub_estimator.runs.estimators import (
  export_context,
  find_checkpoint,
  make_estimator,
  read_specs,
)
from hub_estimator.runs.evaluating import evaluate
from hub_estimator.runs.evidence import (
  BINARY,
  CLASSES,
  NUMBER,
  Evidence,
  collect_evidence,
)
from hub_estimator.runs.exporting import export
from hub_estimator.runs.predicting import (
  predict,
  predict_to_file,
  write_predictions,
)
from hub_estimator.runs.predictions import Predictions
from hub_estimator.runs.preparing import check_run
from hub_estimator.runs.run import Run, read_run
from hub_estimator.runs.run_model import make_model
from hub_estimator.runs.training import train
from hub_estimator.runs.value_errors import reporting_value_errors

__all__ = [
  "BINARY",
  "CLASSES",
  "NUMBER",
  "Evidence",
  "Predictions",
  "Run",
  "apply",
  "apply_to_file",
  "check",
  "check_devices",
  "check_run",
  "collect_evidence",
  "describe_data",
  "evaluate",
  "export",
  "export_context",
  "find_checkpoint",
  "make_estimator",
  "make_model",
  "predict",
  "predict_to_file",
  "read_run",
  "read_specs",
  "reporting_value_errors",
  "train",
  "write_predictions",
]
