"""Files and folders become columns with their gaps; nothing is refused."""

import gzip

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from hub_estimator.errors import UserError
from hub_estimator.surveying import read_table
from tests.image_folders import write_images

pytestmark = pytest.mark.newest

COLUMNS = {"text": ["good", None, "bad"], "age": [1, 2, None]}


def test_blank_and_absent_values_are_none_in_each_format(tmp_path):
  rows = "text\tage\ngood\t1\n \t2\nbad\t\n"
  (tmp_path / "a.tsv").write_text(rows)
  (tmp_path / "a.csv").write_text(rows.replace("\t", ","))
  with gzip.open(tmp_path / "a.csv.gz", "wt") as file:
    file.write(rows.replace("\t", ","))
  (tmp_path / "a.jsonl").write_text(
    '{"text": "good", "age": 1}\n{"age": 2}\n{"text": "bad", "age": null}\n'
  )
  parquet.write_table(pa.table(COLUMNS), tmp_path / "a.parquet")
  as_text = {"text": ["good", None, "bad"], "age": ["1", "2", None]}
  for name, wanted in {
    "a.tsv": as_text,
    "a.csv": as_text,
    "a.csv.gz": as_text,
    "a.jsonl": COLUMNS,
    "a.parquet": COLUMNS,
  }.items():
    table = read_table(str(tmp_path / name))
    assert table.columns == wanted, name
    assert table.rows == 3 and table.is_whole


def test_arrays_are_rows_of_arrays(tmp_path):
  np.savez(tmp_path / "a.npz", x=np.zeros([2, 3]), label=[0, 1])
  table = read_table(str(tmp_path / "a.npz"))
  assert [row.shape for row in table.columns["x"]] == [(3,), (3,)]
  assert table.columns["label"] == [0, 1]


def test_a_folder_has_paths_and_names_of_classes(tmp_path):
  write_images(tmp_path / "pictures", {"cat": 2, "dog": 1})
  table = read_table(str(tmp_path / "pictures"))
  assert table.format == "image_folder"
  assert table.columns["label"] == ["cat", "cat", "dog"]
  assert all(str(tmp_path) in path for path in table.columns["image"])


def test_reading_stops_and_says_so(tmp_path):
  (tmp_path / "a.csv").write_text("x\n" + "1\n" * 10)
  table = read_table(str(tmp_path / "a.csv"), most_rows=4)
  assert table.columns["x"] == ["1"] * 4 and not table.is_whole
  assert read_table(str(tmp_path / "a.csv"), most_rows=10).is_whole


@pytest.mark.parametrize(
  "name, content, why",
  [
    ("a.xlsx", "", "doesn't end in .csv"),
    ("a.csv", "x,y\n", "has no rows"),
  ],
)
def test_what_cannot_be_read_is_refused(tmp_path, name, content, why):
  (tmp_path / name).write_text(content)
  with pytest.raises(UserError, match=why):
    read_table(str(tmp_path / name))


def test_a_missing_file_names_those_beside_it(tmp_path):
  (tmp_path / "films.csv").write_text("x\n1\n")
  with pytest.raises(UserError, match="did you mean 'films.csv'"):
    read_table(str(tmp_path / "film.csv"))
