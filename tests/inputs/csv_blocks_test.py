import csv
import io
import random

import pytest

from hub_estimator.inputs.csv_blocks import Block, PlainRows

HEADER = ["a", "b", "c"]
FIELDS = ["", "x", "a b", "☃", '"a,b"', '"say ""hi"""', '""', " ", "\t", "1e3"]


def _plain(*, quotes: bool = True) -> PlainRows:
  return PlainRows(HEADER, ",", quotes=quotes)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_plain_rows_are_those_of_pythons_reader(end):
  draw = random.Random(1)
  for _ in range(300):
    lines = [
      ",".join(draw.choices(FIELDS, k=3)) for _ in range(draw.randrange(1, 6))
    ]
    text = end.join(lines) + draw.choice(["", end])
    block = _plain().read(text.encode(), 7)
    rows = list(csv.DictReader(io.StringIO(text, newline=""), HEADER))
    assert [row for _, row in block.rows()] == rows
    assert block.lines.tolist() == list(range(7, 7 + len(rows)))


@pytest.mark.parametrize(
  "text",
  [
    "a,b\n",
    "a,b,c,d\n",
    "a,b,c\n\na,b,c\n",
    'a,"b,c\n',
    'a,b"c,d\n',
    'a,"b"c,d\n',
    'a,"b\nb",c\n',
    "a,b\rb,c\n",
    "a,b\x00,c\n",
    b"a,\xff,c\n",
  ],
)
def test_chunks_with_anything_odd_are_left_to_the_slower_reader(text):
  content = text if isinstance(text, bytes) else text.encode()
  assert _plain().read(content, 1) is None


def test_quotes_are_characters_if_they_mean_nothing():
  block = _plain(quotes=False).read(b'"a,b",c"\n', 1)
  assert [row for _, row in block.rows()] == [{"a": '"a', "b": 'b"', "c": 'c"'}]


@pytest.mark.parametrize("text", ["x\n\ny\n", "\n"])
def test_a_blank_line_of_one_column_is_left_to_the_slower_reader(text):
  assert PlainRows(["a"], ",", quotes=True).read(text.encode(), 1) is None


def test_joined_blocks_keep_rows_and_lines():
  first = Block.of_rows(["a"], [2, 3], [["x"], ["y"]])
  second = Block.of_rows(["a"], [9], [["z"]])
  assert list(Block.join([first, second]).rows()) == [
    (2, {"a": "x"}),
    (3, {"a": "y"}),
    (9, {"a": "z"}),
  ]
