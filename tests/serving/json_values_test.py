"""Values of JSON become arrays without a change, or are refused; and back."""

import base64
import json

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.serving import json_values
from hub_estimator.serving.json_values import TensorType

FLOATS = TensorType(np.dtype("float32"), (None, 2), "x:0")
IDS = TensorType(np.dtype("int32"), (None,), "id:0")
TEXT = TensorType(np.dtype(object), (None,), "s:0")
FLAGS = TensorType(np.dtype(bool), (None,), "b:0")
ANY = TensorType(np.dtype("float64"), None, "a:0")
B64 = {"b64": base64.b64encode(b"\xff\0").decode()}


def test_rows_and_columns_are_the_same_arrays():
  types = {"x": FLOATS, "id": IDS, "s": TEXT, "b": FLAGS}
  rows = [
    {"x": [1, 2.5], "id": 7, "s": "é", "b": True},
    {"x": [3, 4], "id": -7, "s": B64, "b": False},
  ]
  columns = {name: [row[name] for row in rows] for name in types}
  for found in (
    json_values.read_rows(rows, types),
    json_values.read_columns(columns, types),
  ):
    assert found["x"].dtype == np.float32
    assert found["x"].tolist() == [[1, 2.5], [3, 4]]
    assert found["id"].dtype == np.int32
    assert found["id"].tolist() == [7, -7]
    assert found["s"].tolist() == ["é".encode(), b"\xff\0"]
    assert found["b"].dtype == bool
    assert found["b"].tolist() == [True, False]


def test_the_only_input_needs_no_name():
  assert json_values.read_rows(["a", B64], {"s": TEXT})["s"].tolist() == [
    b"a",
    b"\xff\0",
  ]
  assert json_values.read_columns([[1, 2]], {"x": FLOATS})["x"].shape == (1, 2)
  assert json_values.read_columns(1.5, {"a": ANY})["a"].shape == ()
  assert json_values.read_rows([[[1], [2]]], {"a": ANY})["a"].shape == (1, 2, 1)


@pytest.mark.parametrize(
  "rows, message",
  [
    ([], '"instances" must be a list with at least one item'),
    ({"x": [1, 2]}, '"instances" must be a list'),
    ([{"x": [1, 2]}], "item 0: the input 'id', int32"),
    ([{"x": [1, 2], "id": 1, "y": 2}], "item 0: 'y' is no input"),
    ([{"x": [1], "id": 1}], r"'x' has shape \[1, 1\], and float32 \[None, 2\]"),
    (
      [{"x": [1, 2], "id": 1}, {"x": [1], "id": 1}],
      r"lists of different lengths, \[1\] and \[2\]",
    ),
    ([{"x": [1, [2]], "id": 1}], "lists of different lengths"),
    ([{"x": [1, "2"], "id": 1}], "'x' holds '2', and float32"),
    ([{"x": [1, True], "id": 1}], "'x' holds True, and float32"),
    ([{"x": [1, None], "id": 1}], "'x' holds None"),
    ([{"x": [1, 2], "id": 1.0}], "'id' holds 1.0, and int32"),
    ([{"x": [1, 2], "id": 2**31}], "'id' holds 2147483648, and int32"),
    ([{"x": [1, 2], "id": 1}, 3], "mixes objects"),
    ([1, 2], "has 2 inputs, x, id; give values by their names"),
  ],
)
def test_rows_that_dont_fit_are_refused(rows, message):
  with pytest.raises(UserError, match=message):
    json_values.read_rows(rows, {"x": FLOATS, "id": IDS})


def test_text_that_is_none_is_refused():
  with pytest.raises(UserError, match="isn't base64"):
    json_values.read_rows([{"b64": "?"}], {"s": TEXT})
  with pytest.raises(UserError, match="'s' holds 1, and string"):
    json_values.read_rows([1], {"s": TEXT})
  with pytest.raises(UserError, match="'b' holds 1, and bool"):
    json_values.read_rows([1], {"b": FLAGS})


def test_a_long_value_is_shortened_in_the_message():
  with pytest.raises(UserError) as caught:
    json_values.read_rows(["x" * 10_000], {"id": IDS})
  assert len(str(caught.value)) < 200


def test_outputs_are_rows_or_columns():
  outputs = {
    "p": np.array([[0.5, 0.25], [1, np.nan]], np.float32),
    "c": np.array([b"\xc3\xa9", b"\xff"], object),
    "raw_bytes": np.array([b"a", b"b"], object),
  }
  first, second = json_values.write_rows(outputs, 2)
  assert first == {"p": [0.5, 0.25], "c": "é", "raw_bytes": {"b64": "YQ=="}}
  assert second["c"] == {"b64": "/w=="}
  assert "NaN" in json.dumps(second)
  columns = json_values.write_columns(outputs)
  assert columns["c"] == ["é", {"b64": "/w=="}]
  assert json_values.write_rows({"p": outputs["p"]}, 2)[0] == [0.5, 0.25]
  assert json_values.write_columns({"p": np.float32(2)}) == 2.0


def test_an_output_without_rows_is_refused_in_rows():
  for array in (np.float32(1), np.zeros([3])):
    with pytest.raises(UserError, match='send "inputs" instead'):
      json_values.write_rows({"p": np.asarray(array)}, 2)
