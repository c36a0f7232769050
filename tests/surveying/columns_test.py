"""The kind of a column is what a person would call it."""

import numpy as np
import pytest

from hub_estimator.surveying import describe

pytestmark = pytest.mark.newest


@pytest.mark.parametrize(
  "name, values, kind",
  [
    ("x", ["0.5", "1", "-2e-3"], "number"),
    ("x", [0.5, 1.25], "number"),
    ("x", ["1", "2", "30"], "integer"),
    ("x", ["007", "008", "009"], "number"),
    ("stars", ["1", "5", "5", "3"], "integer"),
    ("user_id", [4, 7, 9, 12], "id"),
    ("video", [4, 7, 9, 12], "integer"),
    ("x", ["a1", "b2", "c3", "d4"], "id"),
    ("x", ["pos", "neg", "pos", "neg"], "name"),
    ("x", ["New York", "Rome", "Rome", "New York"], "name"),
    ("x", ["a good film", "the bad film", "good", "bad bad"], "text"),
    ("x", [["a"], [], ["a", "b"]], "list"),
    ("x", [np.zeros(3), np.ones(3)], "array"),
    ("x", [None, None], "empty"),
  ],
)
def test_a_column_has_the_kind_of_its_values(name, values, kind):
  assert describe(name, values).kind == kind


def test_paths_are_images_if_the_files_are_there(tmp_path):
  (tmp_path / "a.png").write_bytes(b"")
  paths = ["a.png", "b.PNG"]
  assert describe("x", paths, folder=str(tmp_path)).kind == "image file"
  assert describe("x", paths, folder="/nowhere").kind != "image file"


def test_gaps_ranges_words_and_counts():
  column = describe("x", ["3", None, "5", "3"])
  assert (column.missing, column.distinct, column.range) == (1, 2, (3.0, 5.0))
  assert column.counts == {"3": 2, "5": 1}
  column = describe("x", ["one two three four five", "six", "seven eight six"])
  assert column.words == (1, 3.0, 5)
  assert column.examples[1] == "six" and not column.counts
  column = describe("x", [["a", "b"], [], ["a"]])
  assert column.range == (0, 2) and column.counts == {"a": 2, "b": 1}
