"""Where examples come from, registered with gin under `inputs`."""

from hub_estimator.inputs.arrays import Npz
from hub_estimator.inputs.csv import Csv
from hub_estimator.inputs.interface import Examples, FeatureSpec, Input
from hub_estimator.inputs.jsonl import Jsonl
from hub_estimator.inputs.pipeline import (
  make_eval_input_fn,
  make_train_input_fn,
)

__all__ = [
  "Csv",
  "Examples",
  "FeatureSpec",
  "Input",
  "Jsonl",
  "Npz",
  "make_eval_input_fn",
  "make_train_input_fn",
]
