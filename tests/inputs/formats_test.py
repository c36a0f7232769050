"""The same examples train alike, whatever format they are in and how it is read."""

import csv
import json

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from hub_estimator import inputs
from hub_estimator.exporting.serving import serialize
from hub_estimator.inputs import FeatureSpec
from hub_estimator.inputs.order import Order
from hub_estimator.tensorflow_runtime import tf

COUNT, BATCH = 700, 16
WORDS = ["a", "film, good", 'say "hi"', "☃", "", "two  blanks"]
COLUMNS = {
  "i": np.arange(COUNT) * 2**40 - 7,
  "x": np.random.default_rng(1).normal(size=COUNT).astype(np.float32),
  "t": np.array([WORDS[i % 6] for i in range(COUNT)], object),
  "label": np.arange(COUNT) % 3,
}
ROWS = [
  dict(zip(COLUMNS, row, strict=True))
  for row in zip(*(c.tolist() for c in COLUMNS.values()), strict=True)
]


def _csv(path):
  with open(path, "w", newline="", encoding="utf-8") as file:
    writer = csv.DictWriter(file, list(COLUMNS))
    writer.writeheader()
    writer.writerows(ROWS)
  return inputs.Csv(path)


def _jsonl(path):
  with open(path, "w", encoding="utf-8") as file:
    file.writelines(json.dumps(row) + "\n" for row in ROWS)
  return inputs.Jsonl(path)


def _parquet(path):
  parquet.write_table(pa.table(COLUMNS), path, row_group_size=100)
  return inputs.Parquet(path)


def _arrow(path):
  table = pa.table(COLUMNS)
  with ipc.new_file(path, table.schema) as file:
    file.write_table(table, max_chunksize=100)
  return inputs.Parquet(path)


def _npz(path):
  text = {"t": COLUMNS["t"].astype(str)}
  with open(path, "wb") as file:
    np.savez(file, **{**COLUMNS, **text})
  return inputs.Npz(path)


def _tfrecord(path):
  kinds = {"i": "int64", "x": "float32", "t": "string", "label": "int64"}
  specs = {name: FeatureSpec(kind) for name, kind in kinds.items()}
  text = {"t": np.array([t.encode() for t in COLUMNS["t"]], object)}
  with tf.io.TFRecordWriter(path) as writer:
    for record in serialize({**COLUMNS, **text}, specs):
      writer.write(record)
  return inputs.TFRecord(path)


def _dataset(path):
  del path

  def input_fn():
    columns = {**COLUMNS, "t": COLUMNS["t"].astype(str)}
    label = columns.pop("label")
    return tf.data.Dataset.from_tensor_slices((columns, label)).batch(64)

  return inputs.Dataset(input_fn)


MAKERS = [_csv, _jsonl, _parquet, _arrow, _npz, _tfrecord, _dataset]


def _batches(examples, start):
  """Returns 60 batches, more than an epoch, of a run that starts at a step."""
  input_fn = inputs.make_train_input_fn(examples, batch_size=BATCH, seed=5)
  with tf.Graph().as_default(), tf.Session() as session:
    step = tf.train.create_global_step()
    iterator = tf.data.make_initializable_iterator(input_fn())
    batch = iterator.get_next()
    session.run(step.initializer)
    session.run(step.assign(start))
    session.run(iterator.initializer)
    return [session.run(batch) for _ in range(60)]


@pytest.fixture(scope="module")
def wanted():
  rows = Order(COUNT, seed=5).rows(7 * BATCH, 60 * BATCH).reshape(60, BATCH)
  return [{n: c[of_batch] for n, c in COLUMNS.items()} for of_batch in rows]


@pytest.mark.slow
@pytest.mark.usefixtures("in_memory_and_in_files")
@pytest.mark.parametrize("make", MAKERS)
def test_a_run_that_resumes_reads_the_very_batches(tmp_path, make, wanted):
  found = _batches(make(str(tmp_path / "data")).read(), start=7)
  for (features, labels), batch in zip(found, wanted, strict=True):
    for name in ("i", "x"):
      np.testing.assert_array_equal(features[name], batch[name])
      assert features[name].dtype == batch[name].dtype
    assert [t.decode() for t in features["t"]] == batch["t"].tolist()
    np.testing.assert_array_equal(labels, batch["label"])
