import json
import os

import numpy as np
import pytest

from hub_estimator import disk_cache, stores
from hub_estimator.errors import UserError
from hub_estimator.inputs import Csv, Jsonl, Mix, stored

COVERS = ("stored_rows", "json_columns")


@pytest.fixture(autouse=True)
def _cache(tmp_path, monkeypatch):
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE", str(tmp_path / "cache"))
  monkeypatch.setenv("HUB_ESTIMATOR_LARGE_MIB", "0")


@pytest.fixture
def path(tmp_path):
  path = tmp_path / "a.csv"
  path.write_text("t,label\nx,b\ny,a\n")
  return path


def _entries():
  found = disk_cache.directory("rows")
  return [p for p in found.iterdir() if p.is_dir()] if found.is_dir() else []


def test_a_file_is_large_by_its_size_and_as_text_is_compressed(
  tmp_path, monkeypatch
):
  monkeypatch.delenv("HUB_ESTIMATOR_LARGE_MIB")
  plain, packed = tmp_path / "a.csv", tmp_path / "a.csv.gz"
  for path in (plain, packed):
    path.touch()
    os.truncate(path, 5 << 20)
  assert not stored.are_large([str(plain)])
  assert stored.are_large([str(packed)])
  monkeypatch.setenv("HUB_ESTIMATOR_LARGE_MIB", "4.5")
  assert stored.are_large([str(plain)])
  assert not stored.are_large([])


def test_columns_are_written_once_for_each_way_of_reading(path):
  for _ in range(2):
    Csv(str(path)).read()
  assert len(_entries()) == 1
  Csv(str(path), dtypes={"t": "string"}).read()
  assert len(_entries()) == 2


def test_a_changed_file_is_read_again(path):
  assert len(Csv(str(path)).read()) == 2
  path.write_text("t,label\nx,b\ny,a\nz,c\n")
  examples = Csv(str(path)).read()
  assert (len(examples), examples.classes) == (3, ("a", "b", "c"))


def test_a_file_that_changes_while_it_is_read_is_refused(path):
  def write(writer):
    writer.append({"t": (np.array([1]), None)})
    path.write_text("other")
    return {}

  with pytest.raises(UserError, match=r"a\.csv changed while it was read"):
    stored.read([str(path)], "reader", write)
  assert not _entries()


def test_a_damaged_cache_is_written_again(path):
  Csv(str(path)).read()
  values = _entries()[0] / "rows"
  values.write_bytes(b"zz")
  examples = Csv(str(path)).read()
  assert examples.features["t"][:].tolist() == [b"x", b"y"]


def test_a_cache_that_cannot_be_written_is_one_line_with_a_way_out(
  path, tmp_path, monkeypatch
):
  (tmp_path / "file").touch()
  monkeypatch.setenv("HUB_ESTIMATOR_CACHE", str(tmp_path / "file"))
  with pytest.raises(UserError) as error:
    Csv(str(path)).read()
  for wanted in ("a.csv", "MiB", "HUB_ESTIMATOR_CACHE", "HUB_ESTIMATOR_LARGE"):
    assert wanted in str(error.value)
  assert "\n" not in str(error.value)


def test_bad_rows_notes_and_lines_are_kept_with_the_columns(path, caplog):
  path.write_text("n,label\n01,1\n2\n,0\n3,1\n")
  for _ in range(2):
    examples = Csv(str(path), bad_records="skip").read()
    assert examples.skipped == 2
    assert examples.lines == 5
    assert any("starts with 0" in note for note in examples.notes)


def _jsonl(tmp_path, *rows, **kwargs):
  path = tmp_path / "a.jsonl"
  path.write_text("\n".join(rows) + "\n")
  return Jsonl(str(path), **kwargs)


def _in_memory(source, monkeypatch):
  with monkeypatch.context() as context:
    context.setenv("HUB_ESTIMATOR_LARGE_MIB", "1")
    return source.read()


@pytest.mark.parametrize(
  "label",
  [
    [{"label": i % 3} for i in range(20000)],
    [{"label": "abc"[i % 3]} for i in range(20000)],
    [{"label": [i % 2, 1]} for i in range(20000)],
    [{"label": ["a", "b"][: i // 9000]} for i in range(20000)],
    [{"label": [1, 2][: i % 3]} for i in range(20000)],
  ],
  ids=["ids", "names", "indicators", "lists of names", "lists of ids"],
)
def test_large_files_of_json_have_the_labels_of_small_ones(
  tmp_path, monkeypatch, label
):

  rows = [json.dumps({"n": i, **row}) for i, row in enumerate(label)]
  source = _jsonl(tmp_path, *rows)
  small = _in_memory(source, monkeypatch)
  large = source.read()
  found = large.labels
  if large.classes is not None:
    found = np.array([n.encode() for n in large.classes], object)[found]
  assert found.tolist() == small.labels.tolist()
  assert found.dtype == small.labels.dtype
  np.testing.assert_array_equal(large.features["n"][:], small.features["n"])


@pytest.mark.parametrize(
  ("column", "later"), [("n", '"x"'), ("n", "[1]"), ("label", '"x"')]
)
def test_a_value_of_another_kind_in_a_later_block_names_both_lines(
  tmp_path, column, later
):
  rows = ['{"n": 1, "label": 0}'] * 9000
  rows += ['{"n": 1, "label": 0}'.replace(f'"{column}": ', f'"{column}": {later}, "z": ')]  # fmt: skip
  with pytest.raises(UserError, match=rf"'{column}' is .* in line \d+"):
    _jsonl(tmp_path, *rows, features=["n"]).read()


def test_large_training_data_and_small_data_with_text_have_one_numbering(
  tmp_path, monkeypatch
):
  large, small = tmp_path / "large.csv", tmp_path / "small.csv"
  large.write_text("n,label\n" + "1,b\n2,c\n" * 9000)
  small.write_text("n,label\n1,a\n2,c\n")
  monkeypatch.setenv("HUB_ESTIMATOR_LARGE_MIB", "0.01")
  mixed = Mix([Csv(str(large)), Csv(str(small))])
  assert mixed.read().classes == ("a", "b", "c")


def test_an_evicted_entry_that_is_open_can_still_be_read(path):
  examples = Csv(str(path)).read()
  for entry in _entries():
    for file in entry.iterdir():
      file.unlink()
  assert examples.features["t"][:].tolist() == [b"x", b"y"]


def test_features_of_a_store_are_arrays_or_lists(tmp_path):
  writer = stores.StoreWriter(tmp_path, {})
  lists = np.array([1, 2, 3]), np.array([1, 2])
  writer.append({"n": (np.array([1, 2]), None), "l": lists})
  writer.close({})
  columns = stores.read(tmp_path).columns
  found = stored.feature(columns["n"])
  assert found[:].tolist() == [1, 2]
  assert stored.number_facts(found).range == (1, 2)
  assert stored.number_facts(np.array([1])) is None
  assert stored.feature(columns["l"])[:].tolist() == [[1, 0], [2, 3]]
