import gzip

import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec, Jsonl

pytestmark = pytest.mark.usefixtures("in_memory_and_in_files")


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
  assert examples.features["t"][:][1, 0] == b"c"


@pytest.mark.parametrize(
  "text, why",
  [
    ('{"a": 1, "label": 1}\n{"a": 1}\n', "line 2: no 'label'; it has: a"),
    ('{"a": 1, "label": 1}\nnope\n', "line 2: Expecting value"),
    ("[1]\n", "line 1: not a JSON object"),
    ("\n", "no examples"),
    (
      '{"a": [1], "label": 1}\n{"a": ["b", 2], "label": 1}\n',
      "'a' is 'b' in line 2 and 1 in line 1: a column is all text or all",
    ),
    (
      '{"a": [1], "label": 1}\n{"a": [2, 9223372036854775808], "label": 1}\n',
      "'a' of line 2 is 9223372036854775808, which int64 doesn't hold",
    ),
    (
      '{"a": [1], "label": 1}\n{"a": 2, "label": 1}\n',
      r"'a' is 2 in line 2 and \[1\] in line 1",
    ),
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
  assert examples.features["a"][:].tolist() == [1, 4]
  assert examples.skipped == 4


@pytest.mark.parametrize(
  ("line", "why"),
  [
    ('{"a": 1, "a": 2, "label": 1}', "line 2: the key 'a' comes twice"),
    ('{"a": "\\ud800", "label": 1}', "line 2: .*surrogates not allowed"),
    ('{"a": ["x", 1], "label": 1}', "line 2 holds text and numbers"),
    ('{"a": 9223372036854775808, "label": 1}', "line 2 is 92.*which int64"),
  ],
)
def test_values_that_would_turn_into_others_are_refused(tmp_path, line, why):
  first = (
    '{"a": ["x", "y"], "label": 1}' if "[" in line else '{"a": 1, "label": 1}'
  )
  with pytest.raises(UserError, match=why):
    _jsonl(tmp_path, f"{first}\n{line}\n").read()


def test_defaults_stand_for_missing_and_null_values(tmp_path):
  text = '{"a": 1, "label": 1}\n{"a": null, "label": 0}\n{"label": 0}\n'
  examples = _jsonl(tmp_path, text, defaults={"a": 7}).read()
  assert examples.features["a"][:].tolist() == [1, 7, 7]
  assert examples.lines == 3


def test_gzip_is_read_and_a_damaged_file_named(tmp_path):
  content = gzip.compress(b'{"a": 1, "label": 1}\n' * 9)
  path = tmp_path / "a.jsonl.gz"
  path.write_bytes(content)
  assert len(Jsonl(str(path)).read()) == 9
  for damaged in (content[:-12], b"{}" + content):
    path.write_bytes(damaged)
    with pytest.raises(UserError, match="a.jsonl.gz isn't a whole gzip file"):
      Jsonl(str(path)).read()
