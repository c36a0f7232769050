"""Further tables: read as they are meant, or named with their line."""

import datetime
import decimal

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from hub_estimator import inputs, word_files
from hub_estimator.errors import UserError


@pytest.mark.parametrize(
  ("content", "why"),
  [
    ("t,label\ngüt,0\n".encode("latin-1"), "isn't UTF-8: .* byte 0xfc"),
    ("t,label\ngut,0\n".encode("utf-16"), "isn't UTF-8"),
    (b"t,t,label\na,b,0\n", "the header repeats a column"),
    (b"t;label\na;0\n", "no column 'label'; did you mean 't;label'"),
    (b"# by me\nt,label\na,0\n", "line 2: 2 fields, and the header has 1"),
    (b"a,0\nb,1\n", "no column 'label'; it has: 0, a"),
    (b"t,u,label\na,0\n", "line 2: 2 fields, and the header has 3"),
  ],
)
def test_a_csv_that_is_no_table_is_named(tmp_path, content, why):
  (tmp_path / "a.csv").write_bytes(content)
  with pytest.raises(UserError, match=why) as told:
    inputs.Csv(str(tmp_path / "a.csv")).read()
  assert "\n" not in str(told.value)


@pytest.mark.parametrize(
  ("content", "wanted"),
  [
    (b"x,label\r5,0\r6,1\r", [5, 6]),
    (b"x,label\n5,0\n6,1", [5, 6]),
    (b"x,label\n+5,0\n 6 ,1\n", [5, 6]),
    (b"x,label\n1e1,0\n2E-1,1\n", [10.0, np.float32(0.2)]),
    (b'x,label\n"a ""b""",0\n"c\nd",1\n', [b'a "b"', b"c\nd"]),
    (b"x,label\n5%,0\n$6,1\n", [b"5%", b"$6"]),
    (b"x,label\n2020-01-02,0\n0x10,1\n", [b"2020-01-02", b"0x10"]),
    (b"x,label\ntrue,0\nfalse,1\n", [b"true", b"false"]),
  ],
)
def test_values_of_a_csv_are_those_that_are_written(tmp_path, content, wanted):
  (tmp_path / "a.csv").write_bytes(content)
  examples = inputs.Csv(str(tmp_path / "a.csv")).read()
  assert examples.features["x"][:].tolist() == wanted
  assert examples.labels.tolist() == [0, 1]


@pytest.mark.parametrize(
  ("line", "why"),
  [
    ('{"x": {"a": 1}, "label": 0}', "'x' of line 2 is {'a': 1}"),
    ('{"x": 18446744073709551616, "label": 0}', "which int64 doesn't hold"),
    ('{"x": 1, "label": 0,}', "a.jsonl, line 2: "),
    ('[{"x": 1, "label": 0}]', "line 2: not a JSON object"),
    ('{"x": 1, "label": null}', "line 2: 'label' is null"),
    ('{"x": 1, "label": "0"}', "all text or all numbers"),
    ('{"x": [[1, 2], [3]], "label": 1}', "lists in a column have one depth"),
  ],
)
def test_a_line_of_json_that_cannot_be_meant_is_named(tmp_path, line, why):
  path = tmp_path / "a.jsonl"
  path.write_text('{"x": 5, "label": 0}\n' + line + "\n")
  with pytest.raises(UserError, match=why) as told:
    inputs.Jsonl(str(path)).read()
  assert "\n" not in str(told.value)


@pytest.mark.parametrize(
  ("column", "wanted"),
  [
    (pa.array(["a", "b"]).dictionary_encode(), [b"a", b"b"]),
    (pa.array([2**63, 1], pa.uint64()), [2**63, 1]),
    (pa.array([1.5, 2.0], pa.float64()), [1.5, 2.0]),
    (pa.array([1e300, 2.0]), "'x' is 1e.300, which float32 doesn't hold"),
    (pa.array([datetime.date(2020, 1, 1)] * 2), "'x' is date32.* TensorFlow"),
    (pa.array([decimal.Decimal("1.5")] * 2), "'x' is decimal128"),
    (pa.array([{"a": 1}] * 2), "'x' is struct"),
  ],
)
def test_columns_of_parquet_keep_their_values_or_are_refused(
  tmp_path, column, wanted
):
  path = str(tmp_path / "a.parquet")
  parquet.write_table(pa.table({"x": column, "label": [0, 1]}), path)
  if isinstance(wanted, str):
    with pytest.raises(UserError, match=wanted):
      inputs.Parquet(path).read()
  else:
    found = inputs.Parquet(path).read().features["x"][:]
    assert found.tolist() == wanted


def test_a_vocabulary_of_windows_is_that_of_unix(tmp_path):
  path = tmp_path / "words.txt"
  path.write_bytes(b"\xef\xbb\xbfred\r\ngreen \t\r\nblue")
  assert word_files.read_words(str(path), "words") == ["red", "green", "blue"]
