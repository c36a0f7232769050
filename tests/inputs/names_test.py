import numpy as np
import pytest

from hub_estimator import inputs
from hub_estimator.errors import UserError
from hub_estimator.inputs import names
from hub_estimator.inputs.names import label_columns, split_label


@pytest.mark.parametrize("label", [True, 3, ["a", 1], {"a": 1}])
def test_a_label_that_is_no_name_is_refused(label):
  with pytest.raises(UserError, match=r"^csv\.label is .*a name, a list of"):
    inputs.Csv("a.csv", label)


@pytest.mark.parametrize("features", [True, "words", ["a", None], {"a"}])
@pytest.mark.parametrize("kind", ["Csv", "Jsonl", "Npz"])
def test_features_that_are_no_names_are_refused(kind, features):
  with pytest.raises(
    UserError, match=r"\.features is .*; it is a list of names"
  ):
    getattr(inputs, kind)("a", "label", features)


@pytest.mark.parametrize(
  ("label", "columns"), [(None, []), ("a", ["a"]), (("a", "b"), ["a", "b"])]
)
def test_a_label_names_no_column_one_or_several(label, columns):
  assert label_columns(label) == columns


def test_features_are_all_columns_but_the_labels():
  columns = {name: np.arange(3) for name in "abc"}
  several = split_label(columns, label=["a", "c"], features=None, source="here")
  assert (list(several.features), list(several.labels)) == (["b"], ["a", "c"])
  none = split_label(columns, label=None, features=["c", "a"], source="here")
  assert (list(none.features), none.labels) == (["c", "a"], None)


def test_an_unknown_column_is_reported_with_the_nearest():
  with pytest.raises(UserError, match="here has no column 'lable'; did you"):
    split_label(
      {"label": np.arange(3)}, label="lable", features=None, source="here"
    )


def test_columns_are_found_where_blanks_surround_them():
  assert names.as_named(["a", " b", "c "], ["b", " c"]) == ["a", "b", "c "]
  assert names.as_named([" b", "b "], ["b"]) == [" b", "b "]
  assert names.find_name("b", {"a": 1, " b": 2}) == " b"
  assert names.find_name(" b", {"b": 2}) == "b"
  assert names.find_name("c", {"b": 2}) is None


@pytest.mark.parametrize("defaults", [3, ["a"], {"a": None}, {"a": True}])
def test_defaults_are_text_or_numbers_by_name(defaults):
  with pytest.raises(UserError, match="csv.defaults is"):
    names.check_defaults("csv", defaults)
