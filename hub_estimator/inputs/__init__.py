"""Readers of examples, one file a format, and the order in which a run sees them.

gin reaches the readers under `inputs`, and Python by the same names: `inputs.csv`
is `inputs.Csv`.
"""

from hub_estimator.inputs.account import Account
from hub_estimator.inputs.arrays import column, feature, strings
from hub_estimator.inputs.classes import renumber
from hub_estimator.inputs.columns import Files, file_paths
from hub_estimator.inputs.csv_file import Csv
from hub_estimator.inputs.image_stream import Images
from hub_estimator.inputs.image_table import ImageTable
from hub_estimator.inputs.images import ImageFolder
from hub_estimator.inputs.input_fn import Dataset
from hub_estimator.inputs.interface import (
  Batch,
  Column,
  Examples,
  FeatureSpec,
  Input,
  Label,
  spec_of,
)
from hub_estimator.inputs.jsonl_file import Jsonl
from hub_estimator.inputs.mixing import Mix
from hub_estimator.inputs.npz_file import Npz
from hub_estimator.inputs.other_files import find_reader, read_file
from hub_estimator.inputs.parquet_file import Parquet, table_rows
from hub_estimator.inputs.pipeline import (
  STEPS,
  make_eval_input_fn,
  make_train_input_fn,
)
from hub_estimator.inputs.selecting import Balance, Sample
from hub_estimator.inputs.sequences import (
  Lists,
  Ragged,
  lengths_of,
  values_of,
)
from hub_estimator.inputs.splitting import Split
from hub_estimator.inputs.stored import number_facts
from hub_estimator.inputs.streams import (
  Stream,
  file_reader,
  is_named_as_stream,
  open_stream,
)
from hub_estimator.inputs.tfds_dataset import Tfds
from hub_estimator.inputs.tfrecord_file import TFRecord
from hub_estimator.inputs.vectors import Vector

# gin's names.
balance = Balance
csv = Csv
dataset = Dataset
image_folder = ImageFolder
image_table = ImageTable
jsonl = Jsonl
mix = Mix
npz = Npz
parquet = Parquet
sample = Sample
split = Split
tfds = Tfds
tfrecord = TFRecord
vector = Vector

__all__ = [
  "STEPS",
  "Account",
  "Balance",
  "Batch",
  "Column",
  "Csv",
  "Dataset",
  "Examples",
  "Files",
  "FeatureSpec",
  "ImageFolder",
  "ImageTable",
  "Images",
  "Input",
  "Jsonl",
  "Label",
  "Lists",
  "Mix",
  "Npz",
  "Parquet",
  "Ragged",
  "Sample",
  "Split",
  "Stream",
  "TFRecord",
  "Tfds",
  "Vector",
  "balance",
  "column",
  "csv",
  "dataset",
  "feature",
  "file_reader",
  "file_paths",
  "find_reader",
  "image_folder",
  "image_table",
  "is_named_as_stream",
  "jsonl",
  "lengths_of",
  "make_eval_input_fn",
  "make_train_input_fn",
  "mix",
  "npz",
  "number_facts",
  "open_stream",
  "parquet",
  "read_file",
  "renumber",
  "sample",
  "spec_of",
  "split",
  "strings",
  "table_rows",
  "tfds",
  "tfrecord",
  "values_of",
  "vector",
]
