import numpy as np
import pyarrow as pa
import pytest
from pyarrow import ipc, parquet

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec, Parquet
from hub_estimator.inputs.classes import name as name_classes

pytestmark = pytest.mark.usefixtures("in_memory_and_in_files")


def _write_parquet(table, path):
  parquet.write_table(table, path, row_group_size=3)


def _write_file(table, path):
  with ipc.new_file(path, table.schema) as file:
    file.write_table(table, max_chunksize=3)


def _write_stream(table, path):
  with ipc.new_stream(path, table.schema) as file:
    file.write_table(table, max_chunksize=3)


WRITERS = {
  "parquet": _write_parquet,
  "arrow file": _write_file,
  "arrow stream": _write_stream,
}


@pytest.fixture(params=WRITERS)
def read(request, tmp_path):
  """Returns a function that writes columns to a file and reads it."""

  def write_and_read(columns, **kwargs):
    path = str(tmp_path / "table")
    WRITERS[request.param](pa.table(columns), path)
    return Parquet(path, **kwargs).read()

  return write_and_read


def test_numbers_keep_their_type_and_text_is_bytes(read):
  numbers = {
    "i": pa.array([1, -(2**63), 2**63 - 1, 0, 5], pa.int64()),
    "u": pa.array([1, 2, 255, 0, 5], pa.uint8()),
    "f": pa.array([0.1, 1e30, -0.0, np.nan, np.inf], pa.float64()),
    "b": pa.array([True, False, True, False, True]),
  }
  text = ["a", "", "☃", "a\x00b", "x" * 5000]
  examples = read(
    {
      **numbers,
      "t": pa.array(text),
      "d": pa.array(text).dictionary_encode(),
      "w": pa.array([t.encode() for t in text], pa.binary()),
      "label": [0, 1, 0, 1, 0],
    }
  )
  assert examples.specs() == {
    "i": FeatureSpec("int64"),
    "u": FeatureSpec("uint8"),
    "f": FeatureSpec("float32"),
    "b": FeatureSpec("int64"),
    "t": FeatureSpec("string"),
    "d": FeatureSpec("string"),
    "w": FeatureSpec("string"),
  }
  rows = np.array([4, 0, 2])
  for name, column in numbers.items():
    wanted = column.to_numpy(zero_copy_only=False)[rows]
    dtype = examples.features[name].dtype
    np.testing.assert_array_equal(
      examples.features[name][rows], wanted.astype(dtype)
    )
  for name in "tdw":
    assert examples.features[name][:].tolist() == [t.encode() for t in text]
  assert examples.labels.tolist() == [0, 1, 0, 1, 0]


def test_lists_become_dimensions_or_are_padded(read):
  examples = read(
    {
      "same": pa.array([[1, 2], [3, 4]], pa.list_(pa.int32())),
      "grid": [[[1.0, 2.0]], [[3.0, 4.0]]],
      "words": [["a"], ["b", "c"]],
      "some": [[[1, 2]], [[3, 4], [5, 6]]],
      "label": [0, 1],
    }
  )
  assert examples.specs() == {
    "same": FeatureSpec("int32", (2,)),
    "grid": FeatureSpec("float32", (1, 2)),
    "words": FeatureSpec("string", (None,)),
    "some": FeatureSpec("int64", (None, 2)),
  }
  features, _ = examples.take(slice(0, 2))
  assert features["words"].tolist() == [[b"a", b""], [b"b", b"c"]]
  assert features["some"].tolist() == [
    [[1, 2], [0, 0]],
    [[3, 4], [5, 6]],
  ]


def test_labels_of_text_are_classes(read):
  examples = name_classes(read({"n": [1, 2, 3], "label": ["b", "a", "b"]}))
  assert examples.classes == ("a", "b")
  assert examples.labels.tolist() == [1, 0, 1]


def test_labels_may_be_lists_of_any_length(read):
  labels = [["a"], ["b", "a"], [], ["c"]]
  examples = read({"n": [1, 2, 3, 4], "label": labels})
  assert examples.labels.tolist() == [
    tuple(name.encode() for name in row) for row in labels
  ]


def test_columns_are_chosen_and_nulls_elsewhere_do_not_count(read):
  columns = {"a": [1, 2], "b.c": [3, 4], "x": [None, 1], "label": [0, 1]}
  examples = read(columns, features=["b.c"])
  assert list(examples.features) == ["b.c"]
  assert examples.features["b.c"][:].tolist() == [3, 4]


def test_a_null_is_named_or_filled_or_skipped(read):
  columns = {"n": [5, 6, 7, None], "label": [0, 1, 0, 1]}
  with pytest.raises(UserError, match="table, row 3: 'n' is null; .*defaults"):
    read(columns)
  filled = read(columns, defaults={"n": -1})
  assert filled.features["n"][:].tolist() == [5, 6, 7, -1]
  kept = read(columns, bad_records="skip")
  assert kept.features["n"][:].tolist() == [5, 6, 7]
  assert (kept.labels.tolist(), kept.skipped) == ([0, 1, 0], 1)


def test_what_would_turn_into_another_number_is_refused_with_its_row(read):
  with pytest.raises(UserError, match="row 1: 'x' is 1e\\+300, which float32"):
    read({"x": [0.0, 1e300], "label": [0, 1]})


def test_types_that_tensorflow_lacks_are_refused(read):
  with pytest.raises(UserError, match="'when' is timestamp.*doesn't have"):
    read({"when": pa.array([0, 1], pa.timestamp("s")), "label": [0, 1]})


def test_a_missing_column_and_an_empty_table_are_refused(read):
  with pytest.raises(UserError, match="no column 'label'; .*n"):
    read({"n": [1]})
  with pytest.raises(UserError, match="has no examples"):
    read({"n": pa.array([], pa.int64()), "label": pa.array([], pa.int64())})


@pytest.mark.parametrize("kind", WRITERS)
def test_half_a_file_and_other_files_are_one_line(kind, tmp_path):
  path = tmp_path / "half"
  n = np.arange(1000)
  WRITERS[kind](pa.table({"n": n, "label": n % 2}), str(path))
  path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
  with pytest.raises(UserError, match="half isn't a whole Parquet") as error:
    Parquet(str(path)).read()
  assert "\n" not in str(error.value)
  path.write_text("a,b\n1,2\n")
  with pytest.raises(UserError, match="half isn't a whole Parquet or Arrow"):
    Parquet(str(path)).read()


def test_shards_of_both_kinds_are_one_input(tmp_path):
  for i, write in enumerate(WRITERS.values()):
    write(pa.table({"n": [i], "label": [i % 2]}), str(tmp_path / f"s{i}"))
  examples = Parquet(str(tmp_path / "s*")).read()
  assert examples.features["n"][:].tolist() == [0, 1, 2]
