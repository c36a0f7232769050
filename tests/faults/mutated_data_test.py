"""Data files with mistakes: read as the standard library reads them, or refused.

Each file is drawn from a seed. Its rows equal those of Python's csv or json module, or
it ends in one clear line: never in a traceback, a hang or a quietly other number.
"""

import csv
import io
import json
import os
import random
import re

import numpy as np
import pytest

from hub_estimator import heads, word_files
from hub_estimator.errors import UserError
from hub_estimator.inputs import Csv, FeatureSpec, Jsonl, open_stream, values_of

pytestmark = pytest.mark.newest

COUNT = int(os.environ.get("HUB_ESTIMATOR_MUTATED_DATA", "40"))
# So many files are one test, that a campaign's processes share them.
SHARE = 50
SHARES = range(0, COUNT, SHARE)

WORDS = ["good", "bad film", "a, b", 'say "hi"', "zwei\nZeilen", "☃", "", "NaN"]
NUMBERS = [
  "0", "7", "-3", "1_05", "1,234", "01", "1e3", "nan", "-inf", "1e400", "",
  str(2**53 + 1), str(2**63), "-" + str(2**63), "0.1", " 5 ", "١", "true",
]  # fmt: skip
PIECES = [
  '"', '""', ",", "\n", "\r\n", "\r", "\t", ";", "_", " ", "\x00", "\ufeff",
  "|", "\\", "{", "}", "[", "]", ":", "null", "\\ud800", "\u2028", "9" * 400,
]  # fmt: skip


def _mutated(draw: random.Random, text: str) -> bytes:
  """Returns the text with up to three mistakes in it, encoded."""
  for _ in range(draw.randrange(4)):
    at = draw.randrange(len(text) + 1)
    kind = draw.randrange(5)
    if kind == 0:
      text = text[:at] + draw.choice(PIECES) + text[at:]
    elif kind == 1:
      text = text[:at] + text[at + 1 :]
    elif kind == 2:
      text = text[:at] + draw.choice(NUMBERS) + text[at:]
    elif kind == 3:
      lines = text.split("\n")
      lines.insert(draw.randrange(len(lines) + 1), draw.choice(lines))
      text = "\n".join(lines)
    else:
      text = text[: max(at, len(text) // 2)]
  content = text.encode()
  ways = [
    lambda c: c,
    lambda c: b"\xef\xbb\xbf" + c,
    lambda c: c.replace(b"\n", b"\r\n"),
    lambda c: c[: len(c) // 2] + b"\xff" + c[len(c) // 2 :],
  ]
  return draw.choices(ways, [6, 2, 2, 1])[0](content)


def _read(read):
  """Returns what `read` returns; None if it ends in one clear line."""
  try:
    return read()
  except UserError as error:
    assert str(error)
    assert "\n" not in str(error)
    return None


def _labels(examples):
  """Returns the labels as they are in the file."""
  if examples.classes is None:
    return examples.labels
  return np.array([c.encode() for c in examples.classes], object)[
    examples.labels
  ]


def _number(text: str) -> float | int | None:
  """Returns a number as JSON and spreadsheets write it; None for other text."""
  text = text.strip()
  if re.fullmatch(r"[+-]?[0-9]+", text) and len(text) < 25:
    return int(text)
  if not re.fullmatch(
    r"[+-]?([0-9.]+(e[+-]?[0-9]+)?|nan|inf(inity)?)", text, re.I
  ):
    return None
  try:
    return float(text)
  except ValueError:
    return None


def _assert_same(found, wanted) -> None:
  """Asserts that a value that was read is the one that is written in the file."""
  if isinstance(found, bytes):
    assert found == str(wanted).encode()
  elif isinstance(wanted, str):
    number = _number(wanted)
    assert number is not None, (found, wanted)
    _assert_same(found, number)
  elif np.asarray(found).dtype == np.float32:
    np.testing.assert_equal(np.float32(found), np.float32(wanted))
  else:
    assert int(found) == wanted


def _csv_rows(content: bytes) -> list[dict[str, str]]:
  """Returns the rows as Python's module reads them."""
  text = io.StringIO(content.decode("utf-8-sig"), newline="")
  header, *rows = csv.reader(text)
  return [
    dict(zip(header, row or [""], strict=True))
    for row in rows
    if row or len(header) == 1
  ]


def _check_csv(draw: random.Random, path: str) -> bool:
  columns = draw.choice([["t", "n", "label"], ["t"], ["n", "label"]])
  text = io.StringIO()
  writer = csv.writer(text, lineterminator="\n")
  writer.writerow(columns)
  for _ in range(draw.randrange(1, 9)):
    number = str(draw.randrange(9)) if draw.random() < 0.8 else None
    row = {
      "t": draw.choice(WORDS),
      "n": number or draw.choice(NUMBERS),
      "label": str(draw.randrange(2)),
    }
    writer.writerow([row[name] for name in columns])
  content = _mutated(draw, text.getvalue())
  with open(path, "wb") as file:
    file.write(content)
  label = "label" if "label" in columns else None
  examples = _read(lambda: Csv(path, label=label).read())
  if examples is not None:
    wanted = _csv_rows(content)
    assert len(examples) == len(wanted)
    found = dict(examples.features)
    if label:
      found[label] = _labels(examples)
    for name, column in found.items():
      for value, row in zip(column[:], wanted, strict=True):
        _assert_same(value, row[name])
  _check_stream(path, lambda: _csv_rows(content))
  return examples is not None


def _check_stream(path: str, read_wanted) -> None:
  """Reads columns as text and as integers, as prediction does."""
  for name, spec in [
    ("t", FeatureSpec("string")),
    ("n", FeatureSpec("int64")),
    ("n", FeatureSpec("float32")),
  ]:

    def read(name=name, spec=spec):
      stream = open_stream(path, "test")
      return [v for b in stream.batches({name: spec}, 3) for v in b[name]]

    found = _read(read)
    if found is not None:
      wanted = read_wanted()
      assert len(found) == len(wanted)
      for value, row in zip(found, wanted, strict=True):
        _assert_same(
          value, next(v for k, v in row.items() if k.strip() == name)
        )


def _json_rows(content: bytes) -> list[dict]:
  lines = io.StringIO(content.decode("utf-8-sig"), newline="")
  return [json.loads(line) for line in lines if line.strip()]


def _check_jsonl(draw: random.Random, path: str) -> bool:
  values = [1, 2.5, -7, 2**53 + 1, True]
  if draw.random() < 0.3:
    values += [2**63, None, "1_05", [1], 1e300, float("nan"), "x"]
  rows = [
    {
      "t": draw.choice(WORDS),
      "n": draw.choice(values),
      "v": [draw.choice(values[:4]), 2],
      "label": draw.randrange(2),
    }
    for _ in range(draw.randrange(1, 9))
  ]
  content = _mutated(
    draw, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
  )
  with open(path, "wb") as file:
    file.write(content)
  examples = _read(Jsonl(path).read)
  if examples is not None:
    wanted = _json_rows(content)
    assert len(examples) == len(wanted)
    for name, column in [
      *examples.features.items(),
      ("label", _labels(examples)),
    ]:
      for i, row in enumerate(wanted):
        values = np.ravel(values_of(column, slice(i, i + 1)))
        for one, other in zip(
          values, np.ravel(np.array(row[name], object)), strict=True
        ):
          _assert_same(one, other)
  _check_stream(path, lambda: _json_rows(content))
  return examples is not None


def _check_vocabulary(draw: random.Random, path: str) -> bool:
  words = draw.sample(["red", "green", "blue", "☃", "a b", "x"], 4)
  content = _mutated(draw, "".join(f"{word}\n" for word in words))
  with open(path, "wb") as file:
    file.write(content)
  found = _read(lambda: word_files.read_words(path, "words"))
  if found is None:
    return False
  with open(path, encoding="utf-8-sig") as file:
    wanted = [line.rstrip(" \t\n") for line in file]
  assert [w for w in found if w] == [w for w in wanted if w]
  head = _read(lambda: heads.MultiClass(4, label_vocabulary=path))
  if head is not None:
    labels = np.array([word.encode() for word in found], object)
    assert heads.class_ids(head, labels).tolist() == [0, 1, 2, 3]
    assert len(set(found)) == 4
  return head is not None


@pytest.mark.usefixtures("in_memory_and_in_files")
@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize(
  ("check", "name"),
  [
    (_check_csv, "a.csv"),
    (_check_jsonl, "a.jsonl"),
    (_check_vocabulary, "words.txt"),
  ],
)
def test_a_file_is_read_as_it_is_written_or_refused(
  tmp_path, check, name, share
):
  read = [
    check(random.Random(f"{name} {seed}"), str(tmp_path / name))
    for seed in range(share, min(share + SHARE, COUNT))
  ]
  # Neither reads all, nor refuses all.
  assert 0 < sum(read) < len(read) or len(read) < 10
