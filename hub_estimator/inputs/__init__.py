"""Where examples come from, registered with gin under `inputs`."""

from hub_estimator.inputs.csv_file import Csv
from hub_estimator.inputs.image_folder import ImageFolder
from hub_estimator.inputs.interface import (
  Examples,
  FeatureSpec,
  Input,
  column,
  spec_of,
  strings,
)
from hub_estimator.inputs.jsonl_file import Jsonl
from hub_estimator.inputs.npz_file import Npz
from hub_estimator.inputs.pipeline import (
  STEPS,
  make_eval_input_fn,
  make_train_input_fn,
)
from hub_estimator.inputs.selecting import Balance, Mix, Sample
from hub_estimator.inputs.streams import Images, Stream, open_stream
from hub_estimator.inputs.tfds_dataset import Tfds
from hub_estimator.inputs.tfrecord_file import TFRecord

__all__ = [
  "Images",
  "Stream",
  "open_stream",
  "column",
  "spec_of",
  "strings",
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
