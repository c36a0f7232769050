import numpy as np
import pytest

from hub_estimator import inputs
from hub_estimator.errors import UserError
from hub_estimator.inputs import interface


def test_strings_are_bytes_in_an_array_of_objects():
  array = interface.strings(["ü", b"\x00\xff", ""])
  assert array.dtype == object
  assert array.tolist() == ["ü".encode(), b"\x00\xff", b""]


def test_a_type_is_of_one_example():
  assert interface.spec_of(
    np.zeros((3, 2, 5), np.uint8)
  ) == interface.FeatureSpec("uint8", (2, 5))


def test_examples_are_taken_in_any_order():
  examples = interface.Examples({"x": np.arange(4)}, np.arange(4) * 10, "here")
  features, labels = examples.take(np.array([3, 0]))
  assert features["x"].tolist() == [3, 0]
  assert labels.tolist() == [30, 0]


def test_a_column_of_several_kinds_is_refused():
  with pytest.raises(UserError, match="all text or all numbers"):
    interface.column("c", [1, "a"], "here")


@pytest.mark.parametrize("path", [None, 3, ["a"]])
@pytest.mark.parametrize(
  "kind", ["Csv", "ImageFolder", "Jsonl", "Npz", "TFRecord"]
)
def test_a_path_that_is_none_is_told(kind, path):
  more = [{"x": ("float32", [])}] if kind == "TFRecord" else []
  with pytest.raises(UserError, match=r"^inputs\.[a-z_]+\.path is .*a path\.$"):
    getattr(inputs, kind)(path, *more).read()


@pytest.mark.parametrize("label", [True, 3, ["a", 1], {"a": 1}])
def test_a_label_that_names_no_column_is_told(label):
  with pytest.raises(UserError, match=r"^csv\.label is .*a name, a list of"):
    inputs.Csv("a.csv", label)


@pytest.mark.parametrize("features", [True, "words", ["a", None], {"a"}])
@pytest.mark.parametrize("kind", ["Csv", "Jsonl", "Npz"])
def test_features_that_name_no_columns_are_told(kind, features):
  with pytest.raises(
    UserError, match=r"\.features is .*; it is a list of names"
  ):
    getattr(inputs, kind)("a", "label", features)


@pytest.mark.parametrize("features", [None, ["x"], {"x": 1}, {"x": ["int64"]}])
def test_features_of_records_are_dtypes_and_shapes(features):
  with pytest.raises(
    UserError, match=r"tfrecord\.features is .* dtype and shape"
  ):
    inputs.TFRecord("a", features)
