"""Repeated rows and leakage are counted, and told with an example."""

import shutil

import numpy as np
import pytest

from hub_estimator.surveying import read_table, survey, to_text
from tests.image_folders import write_images

COVERS = ("text",)
pytestmark = pytest.mark.newest

TRAIN = (
  "id,text,label\n"
  "a,so good,1\nb,so bad,0\nc,so good,1\nd,so good,0\ne,a long one here,\n"
)
EVAL = "id,text,label\nx,new words,1\ny,so bad,0\n"


@pytest.fixture
def tables(tmp_path):
  for name, text in {"train.csv": TRAIN, "eval.csv": EVAL}.items():
    (tmp_path / name).write_text(text)
  return [
    read_table(str(tmp_path / name)) for name in ("train.csv", "eval.csv")
  ]


def test_rows_repeat_whatever_their_ids_are(tables):
  found = survey(tables[0])
  assert (found.rows, found.repeated, found.repeat) == (5, 1, (0, 2))
  assert found.column("id").kind == "id"
  assert found.column("label").missing == 1
  assert found.leakage is None


def test_rows_of_evaluation_that_are_in_training_are_counted(tables):
  leakage = survey(*tables).leakage
  assert (leakage.rows, leakage.shared, leakage.row) == (2, 1, 1)


def test_the_text_marks_what_is_surprising(tables):
  lines = to_text(survey(*tables)).splitlines()
  assert lines[0].endswith("train.csv: 5 rows, read by inputs.csv")
  marked = [line for line in lines if line.startswith("!")]
  assert len(marked) == 3
  assert "missing in 1 of 5 rows" in marked[0]
  assert "repeated rows: 1, such as rows 0 and 2" in marked[1]
  assert "1 of 2 rows of" in marked[2] and "such as row 1" in marked[2]
  assert any("1 2, 0 2" in line for line in lines)


def test_images_are_compared_by_their_content(tmp_path):
  write_images(tmp_path / "train", {"cat": 2, "dog": 2})
  shutil.copytree(tmp_path / "train", tmp_path / "eval")
  (file,) = list((tmp_path / "eval" / "dog").iterdir())[:1]
  file.write_bytes(file.read_bytes() + b"\0")
  tables = [read_table(str(tmp_path / name)) for name in ("train", "eval")]
  assert survey(*tables).leakage.shared == 3


def test_arrays_and_lists_are_compared(tmp_path):
  np.savez(tmp_path / "a.npz", x=np.array([[1, 2], [3, 4], [1, 2]]))
  assert survey(read_table(str(tmp_path / "a.npz"))).repeat == (0, 2)
  (tmp_path / "a.jsonl").write_text('{"x": [1, [2]]}\n' * 2)
  assert survey(read_table(str(tmp_path / "a.jsonl"))).repeated == 1
