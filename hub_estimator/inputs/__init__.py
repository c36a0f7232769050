"""Where examples come from, registered with gin under `inputs`."""

from hub_estimator.inputs.arrays import Npz
from hub_estimator.inputs.csv import Csv
from hub_estimator.inputs.images import ImageFolder
from hub_estimator.inputs.interface import Examples, FeatureSpec, Input
from hub_estimator.inputs.jsonl import Jsonl
from hub_estimator.inputs.pipeline import (
  STEPS,
  make_eval_input_fn,
  make_train_input_fn,
)
from hub_estimator.inputs.selecting import Balance, Mix, Sample
from hub_estimator.inputs.tfds import Tfds
from hub_estimator.inputs.tfrecord import TFRecord

__all__ = [
  "STEPS",
  "Balance",
  "Csv",
  "Examples",
  "FeatureSpec",
  "ImageFolder",
  "Input",
  "Jsonl",
  "Mix",
  "Npz",
  "Sample",
  "TFRecord",
  "Tfds",
  "make_eval_input_fn",
  "make_train_input_fn",
]
