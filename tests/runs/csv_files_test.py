"""csv files of outputs: a line a row, a column a value, and no formulas."""

import csv

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.runs.csv_files import write_csv

pytestmark = pytest.mark.newest


def written(tmp_path, *batches):
  path = tmp_path / "out.csv"
  count = write_csv(str(path), batches)
  with path.open(newline="", encoding="utf-8") as file:
    rows = list(csv.reader(file))
  assert len(rows) == count + 1
  return rows


def texts(*values):
  return np.array(values, dtype=object)


def test_vectors_have_a_column_for_each_value_and_single_ones_keep_their_name(
  tmp_path,
):
  batch = {
    "id": texts("a", b'\xc3\xbc,"b"'),
    "class_ids": np.array([[1], [0]]),
    "probabilities": np.array([[0.25, 0.75], [0.5, 0.5]], np.float32),
    "map": np.arange(8).reshape(2, 2, 2),
  }
  header, first, second, third, _ = written(tmp_path, batch, batch)
  assert ",".join(header) == (
    "id,class_ids,probabilities_0,probabilities_1,map_0_0,map_0_1,map_1_0,map_1_1"
  )
  assert first == ["a", "1", "0.25", "0.75", "0", "1", "2", "3"]
  assert second[:2] == ['ü,"b"', "0"]
  assert third == first


@pytest.mark.parametrize(
  "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\tx", "\r=1"]
)
def test_text_that_a_spreadsheet_takes_for_a_formula_is_escaped(tmp_path, text):
  rows = written(
    tmp_path, {"x": texts(text, text.encode()), "y": texts("", "a=b")}
  )
  assert rows[1:] == [[f"'{text}", ""], [f"'{text}", "a=b"]]


def test_odd_text_comes_back_as_it_is(tmp_path):
  odd = ["", " a ", "a,b", '"', 'a"b', "a\rb", "a\nb", "a\r\nb", "ü☃", "\0"]
  assert written(tmp_path, {"x": texts(*odd)})[1:] == [[text] for text in odd]
  both = {"x": texts(*odd), "y": texts(*odd[::-1])}
  expected = [[a, b] for a, b in zip(odd, odd[::-1], strict=True)]
  assert written(tmp_path, both)[1:] == expected


def test_numbers_are_never_escaped_also_as_text(tmp_path):
  numbers = {"x": np.array([-1.5, float("-inf")]), "y": texts("-1", "+2e3")}
  assert written(tmp_path, numbers)[1:] == [["-1.5", "-1"], ["-inf", "+2e3"]]


def test_the_names_of_columns_are_text_too(tmp_path):
  assert written(tmp_path, {"=x": np.zeros(1)})[0] == ["'=x"]


@pytest.mark.parametrize(
  ("batches", "message"),
  [
    (
      [{"x": np.zeros((1, 2))}, {"x": np.zeros((1, 3))}],
      "rows differ in shape",
    ),
    ([{"x": texts(b"\xff")}], "'x' has lists, or strings that aren't UTF-8"),
    ([{"x": texts([1], [1, 2])}], "'x' has lists"),
    ([{"x": texts(np.zeros(1), np.zeros(2))}], "'x' has lists"),
    ([{"a": np.zeros((1, 2)), "a_0": np.zeros(1)}], "columns of the same name"),
  ],
)
def test_what_a_table_does_not_hold_is_refused_and_leaves_no_file(
  tmp_path, batches, message
):
  with pytest.raises(UserError, match=f"{message}.*a .jsonl file can hold"):
    write_csv(str(tmp_path / "out.csv"), batches)
  assert list(tmp_path.iterdir()) == []
