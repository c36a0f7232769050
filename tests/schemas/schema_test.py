"""A schema is what it was when it was written, and refuses what differs."""

import json

import numpy as np
import pytest

from hub_estimator import heads, inputs, schemas
from hub_estimator.errors import UserError

# Files of the room that these tests cover, beside their own.
COVERS = ("making", "readers", "labels")


def _examples(labels, source="data", classes=None, **features):
  features = features or {"x": np.arange(len(labels), dtype=np.float32)}
  return inputs.Examples(features, np.asarray(labels), source, classes=classes)


def _make(head, train, evaluation=None, **changes):
  named, train = schemas.name_classes(head, train, None)
  fields = {
    "specs": train.specs(),
    "unused": (),
    "readers_used": {"train": inputs.Csv("a.csv", delimiter=";")},
    "pictures": {},
  }
  return schemas.make(
    named,
    train,
    train if evaluation is None else evaluation,
    **fields | changes,
  )


def test_a_schema_survives_its_file(tmp_path):
  train = _examples([0, 1, 1], classes=("cat", "dog"))
  schema = _make(heads.Binary(weight_column="w"), train, unused=["id"])
  path = tmp_path / "schema.json"
  schemas.write(path, schema)
  assert schemas.read(path) == schema
  assert schemas.read(tmp_path / "no.json") is None
  value = json.loads(path.read_text())
  assert value["features"]["x"] == {
    "dtype": "float32",
    "shape": [],
    "range": [0.0, 2.0],
    "picture": None,
    "sparse": False,
  }
  assert value["labels"]["label"]["classes"] == ["cat", "dog"]
  assert value["labels"]["label"]["counts"]["train"] == {"cat": 1, "dog": 2}
  assert value["reader"]["train"]["delimiter"] == ";"
  assert value["weights"] == ["w"] and value["unused"] == ["id"]


def _lists(*rows):
  flat = np.array([value for row in rows for value in row])
  return inputs.Ragged(flat, [len(row) for row in rows])


def test_lists_of_any_length_keep_their_range_without_padding(tmp_path):
  lists = _lists([4, 9], [5], [7, 8, 6])
  sparse = inputs.Lists(_lists([3], [], [-2, 5]), open=True, sparse=True)
  train = _examples([0, 1, 1], x=lists, s=sparse)
  schema = _make(heads.Binary(), train)
  schemas.write(tmp_path / "schema.json", schema)
  assert schemas.read(tmp_path / "schema.json") == schema
  assert schema.features["x"] == schemas.Feature("int64", (None,), (4, 9))
  assert schema.features["s"].range == (-2, 5)
  assert schema.features["s"].spec == inputs.FeatureSpec(
    "int64", (None,), sparse=True
  )
  schema.check(_examples([0, 1], x=np.ones((2, 7), int), s=_lists([1], [])))
  with pytest.raises(UserError, match=r"trained on int64 \[None\]"):
    schema.check(_examples([0, 1], x=np.ones(2, int), s=_lists([1], [])))


def test_a_file_that_is_no_schema_is_refused(tmp_path):
  (tmp_path / "schema.json").write_text("{}")
  with pytest.raises(UserError, match="isn't a schema"):
    schemas.read(tmp_path / "schema.json")


@pytest.mark.parametrize(
  "features, why",
  [
    ({"y": np.zeros(2, np.float32)}, "has no feature 'x'"),
    ({"x": np.zeros(2, np.int64)}, "'x' is int64 .* trained on float32"),
    ({"x": np.zeros((2, 3), np.float32)}, r"'x' is float32 \[3\]"),
  ],
)
def test_other_features_are_refused_in_one_line(features, why):
  schema = _make(heads.Binary(), _examples([0, 1]))
  with pytest.raises(UserError, match=why) as error:
    schema.check(_examples([0, 1], "later.csv", **features))
  assert "\n" not in str(error.value) and "later.csv" in str(error.value)


def test_more_columns_than_the_run_reads_are_fine():
  schema = _make(heads.Binary(), _examples([0, 1]))
  more = {"x": np.zeros(2, np.float32), "id": np.array(["a", "b"], object)}
  schema.check(_examples([0, 1], **more))


def test_strings_are_classes_in_sorted_order():
  words = np.array([b"no", b"yes", b"maybe", b"no"], object)
  head, _ = schemas.name_classes(heads.MultiClass(), _examples(words), None)
  assert head == heads.MultiClass(3, ["maybe", "no", "yes"])


def test_numbers_are_as_many_classes_as_the_largest_says():
  head, _ = schemas.name_classes(heads.MultiClass(), _examples([0, 4, 2]), None)
  assert head == heads.MultiClass(5)


def test_numbers_that_are_hardly_classes_are_refused():
  with pytest.raises(UserError, match="2 examples go up to 4000000000"):
    schemas.name_classes(
      heads.MultiClass(), _examples([0, 4_000_000_000]), None
    )


def test_columns_of_0_and_1_are_counted():
  schema = _make(heads.MultiLabel(2), _examples([[0, 1], [1, 1], [0, 0]]))
  assert schema.labels["label"].counts["train"] == {"0": 1, "1": 2}


def test_folders_as_numbers_are_matched_by_name_too():
  train = _examples([0, 1, 1], classes=("dark", "light"))
  schema = _make(heads.LogisticRegression(), train)
  later = schema.matched(_examples([0, 0], classes=("light",)))
  assert later.labels.tolist() == [1, 1]


def test_a_vocabulary_renumbers_folders():
  train = _examples([0, 1], classes=("cat", "dog"))
  head, train = schemas.name_classes(
    heads.MultiClass(2, ["dog", "cat"]), train, None
  )
  assert train.labels.tolist() == [1, 0]
  assert head.label_vocabulary == ["dog", "cat"]


def test_a_resumed_run_keeps_its_classes():
  before = _make(
    heads.MultiClass(), _examples([0, 1, 2], classes=("a", "b", "c"))
  )
  head, train = schemas.name_classes(
    heads.MultiClass(), _examples([0, 1], classes=("a", "c")), before
  )
  assert train.labels.tolist() == [0, 2]
  assert head == heads.MultiClass(3, ["a", "b", "c"])


def test_a_changed_vocabulary_is_refused_with_both():
  before = _make(
    heads.Binary(["a", "b"]), _examples([0, 1], classes=("a", "b"))
  )
  with pytest.raises(UserError, match="is b, a, and the run .* with a, b"):
    schemas.name_classes(
      heads.Binary(["b", "a"]), _examples([0, 1], classes=("a", "b")), before
    )
  with pytest.raises(UserError, match="is b, a, and the run .* with a, b"):
    schemas.with_classes_of(heads.Binary(["b", "a"]), before)


def test_each_head_of_several_takes_the_classes_of_its_column():
  columns = {
    "kind": np.array([b"x", b"y", b"z"], object),
    "stars": np.array([1.0, 2.0, 4.5], np.float32),
  }
  train = inputs.Examples({"x": np.zeros(3)}, columns, "data")
  head = heads.Multi({"kind": heads.MultiClass(), "stars": heads.Regression()})
  schema = _make(head, train)
  assert schema.classes("kind") == ("x", "y", "z")
  assert schema.labels["stars"].range == (1.0, 4.5)
  again = schemas.with_classes_of(head, schema)
  assert again.heads["kind"] == heads.MultiClass(3, ["x", "y", "z"])
