import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec, Jsonl


def _jsonl(tmp_path, text, **kwargs):
  path = tmp_path / "a.jsonl"
  path.write_text(text)
  return Jsonl(str(path), **kwargs)


def test_values_have_the_types_that_json_gives_them(tmp_path):
  examples = _jsonl(
    tmp_path,
    '{"text": "1", "x": 0.5, "v": [1, 2], "t": ["a", "b"], "label": true}\n\n'
    '{"text": "☃", "x": 2, "v": [3, 4], "t": ["c", "d"], "label": false}\n',
  ).read()
  assert examples.specs() == {
    "text": FeatureSpec("string"),
    "x": FeatureSpec("float32"),
    "v": FeatureSpec("int64", (2,)),
    "t": FeatureSpec("string", (2,)),
  }
  assert examples.labels.tolist() == [1, 0]
  assert examples.features["t"][1, 0] == b"c"


@pytest.mark.parametrize(
  "text, why",
  [
    ('{"a": 1, "label": 1}\n{"a": 1}\n', "line 2: no 'label'; it has: a"),
    ('{"a": 1, "label": 1}\nnope\n', "line 2: Expecting value"),
    ("[1]\n", "line 1: not a JSON object"),
    ("\n", "no examples"),
    (
      '{"a": 1, "label": [1]}\n{"a": 2, "label": [1, 2]}\n',
      "lists of 'label' differ",
    ),
    (
      '{"a": [1], "label": 1}\n{"a": ["b", 2], "label": 1}\n',
      "lists of 'a' hold values of several kinds",
    ),
    ('{"a": [1], "label": 1}\n{"a": 2, "label": 1}\n', "lists of 'a' differ"),
    (
      '{"a": 1, "label": 1}\n{"a": "x", "label": 1}\n',
      "all text or all numbers",
    ),
    ('{"a": null, "label": 1}\n', "line 1: 'a' is null"),
  ],
)
def test_a_problem_is_reported_with_its_line(tmp_path, text, why):
  with pytest.raises(UserError, match=why):
    _jsonl(tmp_path, text).read()


def test_bad_lines_are_skipped_and_counted_on_request(tmp_path):
  path = tmp_path / "a.jsonl"
  path.write_text(
    '{"a": 1, "label": 1}\n{"a": 2\n[3]\n{"a": null, "label": 1}\n'
    '{"label": 0}\n{"a": 4, "label": 0}\n'
  )
  examples = Jsonl(str(path), bad_records="skip").read()
  assert examples.features["a"].tolist() == [1, 4]
  assert examples.skipped == 4
