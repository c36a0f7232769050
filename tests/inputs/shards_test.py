import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import Csv, FeatureSpec, Jsonl, shards

pytestmark = pytest.mark.usefixtures("in_memory_and_in_files")


@pytest.fixture
def write(tmp_path):
  """Returns a function that writes a file and returns its path."""

  def write_file(name, text):
    (tmp_path / name).write_text(text)
    return str(tmp_path / name)

  return write_file


def _read(tmp_path, **kwargs):
  return Csv(str(tmp_path / "part-*.csv"), **kwargs).read()


def test_a_glob_is_read_in_the_order_of_names(write, tmp_path):
  write("part-2.csv", "t,label\nc,1\n")
  write("part-1.csv", "t,label\na,0\nb,1\n")
  write("other.csv", "t,label\nz,0\n")
  examples = _read(tmp_path)
  assert examples.features["t"][:].tolist() == [b"a", b"b", b"c"]
  assert examples.labels.tolist() == [0, 1, 1]
  assert examples.lines == 5


def test_a_list_is_read_in_its_own_order(write):
  paths = [
    write("b.jsonl", '{"n": 2, "label": 0}\n'),
    write("a.jsonl", '{"n": 1, "label": 1}\n'),
  ]
  assert Jsonl(paths).read().features["n"][:].tolist() == [2, 1]


def test_a_column_has_the_type_that_holds_the_values_of_all_files(
  write, tmp_path
):
  write("part-1.csv", "n,x,label\n01,1,0\n")
  write("part-2.csv", "n,x,label\nb,2.5,1\n")
  examples = _read(tmp_path)
  assert examples.specs() == {
    "n": FeatureSpec("string"),
    "x": FeatureSpec("float32"),
  }
  assert examples.features["n"][:].tolist() == [b"01", b"b"]
  assert examples.features["x"][:].tolist() == [1, 2.5]


def test_labels_that_are_text_in_one_file_are_so_in_all(write, tmp_path):
  write("part-1.csv", "n,label\n1,7\n2,7\n")
  write("part-2.csv", "n,label\n3,b\n4,a\n")
  examples = _read(tmp_path)
  labels = examples.labels
  if examples.classes is not None:
    labels = np.array(examples.classes, object)[labels]
  assert [getattr(v, "decode", lambda v=v: v)() for v in labels] == [
    "7", "7", "b", "a",
  ]  # fmt: skip


def test_classes_are_matched_by_name_over_large_and_small_files(
  tmp_path, write, monkeypatch
):
  write("part-1.csv", "n,label\n" + "1,b\n" * 40000)
  write("part-2.csv", "n,label\n2,c\n3,a\n")
  monkeypatch.setenv("HUB_ESTIMATOR_LARGE_MIB", "0.1")
  examples = _read(tmp_path)
  assert examples.classes == ("a", "b", "c")
  assert examples.labels[[0, 39999, 40000, 40001]].tolist() == [1, 1, 2, 0]


def test_lists_of_one_length_in_a_file_are_padded_beside_others(write):
  paths = [
    write("a.jsonl", '{"n": [1, 2], "label": 0}\n'),
    write("b.jsonl", '{"n": [3], "label": 1}\n{"n": [4, 5, 6], "label": 1}\n'),
  ]
  examples = Jsonl(paths).read()
  assert examples.specs() == {"n": FeatureSpec("int64", (None,))}
  assert examples.features["n"][:].tolist() == [
    [1, 2, 0],
    [3, 0, 0],
    [4, 5, 6],
  ]


def test_bad_rows_of_all_files_are_counted(write, tmp_path):
  write("part-1.csv", "n,label\n1,0\n2\n")
  write("part-2.csv", "n,label\n3,1,4\n4,1\n")
  examples = _read(tmp_path, bad_records="skip")
  assert examples.features["n"][:].tolist() == [1, 4]
  assert examples.skipped == 2


@pytest.mark.parametrize(
  ("second", "message"),
  [
    ("m,label\n1,0\n", "'n' is int64 .*part-1.csv, and missing in .*part-2"),
    ("n,m,label\n1,2,0\n", "'m' is missing in .*part-1.csv, and int64"),
    ("n,label\n1\n", "part-2.csv, line 2: 1 fields"),
    ("n\n1\n", "part-2.csv has no column 'label'"),
  ],
  ids=["renamed", "more", "short row", "no label"],
)
def test_files_that_differ_are_named(write, tmp_path, second, message):
  write("part-1.csv", "n,label\n1,0\n")
  write("part-2.csv", second)
  with pytest.raises(UserError, match=message):
    _read(tmp_path)


def test_a_list_and_a_glob_without_files_are_refused(tmp_path):
  with pytest.raises(UserError, match="path is an empty list"):
    Csv([]).read()
  with pytest.raises(UserError, match="no file .*none-"):
    Csv(str(tmp_path / "none-*.csv")).read()


def test_a_file_whose_name_looks_like_a_glob_is_itself(write):
  path = write("a[1].csv", "n,label\n1,0\n")
  assert shards.find(path, "it") == [path]
