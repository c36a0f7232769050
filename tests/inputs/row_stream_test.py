import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec
from tests.inputs.streams_test import read


def test_lists_of_any_length_are_padded_to_the_longest_of_their_batch(tmp_path):
  (tmp_path / "a.jsonl").write_text(
    '{"a": [1, 2], "b": ["x", "y"]}\n{"a": [3], "b": []}\n'
    '{"a": [4, 5, 6], "b": ["z"]}\n'
  )
  specs = {
    "a": FeatureSpec("int32", (None,)),
    "b": FeatureSpec("string", (None,)),
  }
  first, second = read(tmp_path / "a.jsonl", specs)
  assert first["a"].tolist() == [[1, 2], [3, 0]]
  assert first["b"].tolist() == [[b"x", b"y"], [b"", b""]]
  assert second["a"].tolist() == [[4, 5, 6]]
  specs = {"a": FeatureSpec("int32", (None,), sparse=True)}
  (whole,) = read(tmp_path / "a.jsonl", specs, batch_size=3)
  assert whole["a"].tolist() == [[1, 2, -1], [3, -1, -1], [4, 5, 6]]


def test_lists_of_one_length_stay_so(tmp_path):
  (tmp_path / "a.jsonl").write_text('{"a": [1, 2]}\n{"a": [1, 2, 3]}\n')
  with pytest.raises(UserError, match="line 2: 'a' is .*wanted"):
    read(tmp_path / "a.jsonl", {"a": FeatureSpec("int32", (2,))})


@pytest.mark.parametrize(
  ("value", "spec"),
  [
    ('"a"', FeatureSpec("float32")),
    ("1.5", FeatureSpec("int64")),
    ("300", FeatureSpec("uint8")),
    ("[1, 2]", FeatureSpec("int64")),
    ("1", FeatureSpec("string")),
    ("[1, 2]", FeatureSpec("string", (2,))),
  ],
)
def test_a_value_of_another_type_is_refused(tmp_path, value, spec):
  (tmp_path / "a.jsonl").write_text(f'{{"a": {value}}}\n')
  with pytest.raises(UserError, match="line 1: 'a' is .* is wanted"):
    read(tmp_path / "a.jsonl", {"a": spec})


def test_a_row_without_a_feature_is_refused(tmp_path):
  (tmp_path / "a.jsonl").write_text('{"a": 1}\n{"b": 1}\n')
  with pytest.raises(UserError, match="line 2: no 'a'; it has: b"):
    read(tmp_path / "a.jsonl")
