import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec
from tests.inputs.streams_test import read


def test_lists_may_differ_in_length_between_batches_only(tmp_path):
  (tmp_path / "a.jsonl").write_text(
    '{"a": [1, 2]}\n{"a": [3, 4]}\n{"a": [1, 2, 3]}\n'
  )
  spec = {"a": FeatureSpec("int32", (None,))}
  assert [b["a"].shape for b in read(tmp_path / "a.jsonl", spec)] == [
    (2, 2),
    (1, 3),
  ]
  with pytest.raises(UserError, match=r"line 3: 'a' has shape \[3\], and"):
    read(tmp_path / "a.jsonl", spec, batch_size=3)


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
