import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from hub_estimator.errors import UserError
from hub_estimator.inputs import Parquet, TFRecord, strings
from hub_estimator.inputs.encoded_pictures import find_damaged
from hub_estimator.tensorflow_runtime import tf
from tests.pictures.encoded import cut_jpeg, encode, waves

pytestmark = pytest.mark.usefixtures("in_memory_and_in_files")
WHOLE = encode(waves(), "JPEG")
ROWS = [WHOLE, cut_jpeg(WHOLE), WHOLE, b"text", WHOLE[:-2], WHOLE]
MISSING = "data of the JPEG is missing"


def _records(path) -> TFRecord:
  with tf.io.TFRecordWriter(path) as writer:
    for row, content in enumerate(ROWS):
      example = tf.train.Example()
      held = example.features.feature
      held["image"].bytes_list.value.append(content)
      held["id"].int64_list.value.append(row)
      held["label"].int64_list.value.append(row % 2)
      writer.write(example.SerializeToString())
  return TFRecord(path, bad_records="skip")


def _table(path) -> Parquet:
  columns = {
    "image": pa.array(ROWS, pa.binary()),
    "id": np.arange(6),
    "label": np.arange(6) % 2,
  }
  parquet.write_table(pa.table(columns), path)
  return Parquet(path, bad_records="skip")


@pytest.mark.parametrize("make", [_records, _table])
def test_rows_with_damaged_pictures_are_left_out(tmp_path, make):
  examples = make(str(tmp_path / "a")).read()
  assert examples.skipped == 3
  assert examples.features["id"][:].tolist() == [0, 2, 5]
  assert examples.labels.tolist() == [0, 0, 1]
  assert examples.features["image"][:].tolist() == [WHOLE] * 3


def test_a_file_of_damaged_pictures_alone_has_no_examples(tmp_path):
  table = pa.table({"image": [cut_jpeg(WHOLE)] * 2, "label": [0, 1]})
  parquet.write_table(table, tmp_path / "a.parquet")
  with pytest.raises(UserError, match="no examples|are bad"):
    Parquet(str(tmp_path / "a.parquet"), bad_records="skip").read().take(
      slice(0, 1)
    )


def test_damage_is_found_by_row_in_columns_of_pictures_alone():
  found = find_damaged(
    {
      "image": strings(ROWS),
      "text": strings([b"a text", b"BM and more", *[b""] * 4]),
      "x": np.arange(6),
    }
  )
  assert list(found) == [1, 3, 4]
  assert found[1] == f"'image': {MISSING}"
