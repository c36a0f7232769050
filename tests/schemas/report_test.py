"""The data report says what is surprising, and what to do about it."""

import json
import logging
import re

import numpy as np
import pytest

from hub_estimator import heads, inputs, schemas
from tests.pictures.encoded import encode, waves

# Files of the room that these tests cover, beside their own.
COVERS = ("columns", "repeats")


def _strings(*values):
  return inputs.strings(values)


def _report(train, evaluation, head=None, classes=None, **kwargs):
  parts = [
    inputs.Examples(features, np.asarray(labels), source, classes=classes)
    for source, (features, labels) in (("a", train), ("b", evaluation))
  ]
  head, parts[0] = schemas.name_classes(
    head or heads.MultiClass(), parts[0], None
  )
  schema = schemas.make(
    head,
    *parts,
    specs={n: s for n, s in parts[0].specs().items() if n != "id"},
    unused=["id"] if "id" in parts[0].features else [],
    readers_used={},
    pictures={},
  )
  return schemas.make_report(*parts, schema, **kwargs)


def _warnings(report):
  return [f"{w.about}: {w.text}" for w in report.lines if w.is_warning]


def _x(*values):
  return {"x": np.array(values, np.float32)}


def test_plain_data_is_a_few_lines_without_a_warning(tmp_path, caplog):
  report = _report((_x(1, 2, 3, 4), [0, 1, 0, 1]), (_x(5, 6), [0, 1]))
  assert not _warnings(report)
  assert "2 classes, examples of training/evaluation: 0 2/1, 1 2/1" in (
    report.text()
  )
  assert "float32 [] from 1 to 4" in report.text()
  report.write(tmp_path / "data_report.json")
  value = json.loads((tmp_path / "data_report.json").read_text())
  assert len(value["lines"]) == len(report.lines)
  assert (tmp_path / "data_report.txt").read_text() == report.text()
  with caplog.at_level(logging.INFO):
    report.log()
  assert len(caplog.records) == len(report.lines)


@pytest.mark.parametrize(
  "train, evaluation, warning",
  [
    (
      (_x(1, 2), [0, 2]),
      (_x(3), [1]),
      "no example in training of 1 classes: '1'",
    ),
    (
      (_x(1, 2), [0, 1]),
      (_x(3), [1]),
      "no example in evaluation of 1 .*'0' .1 in",
    ),
    ((_x(1, 1, 2), [0, 0, 1]), (_x(3, 4), [0, 1]), "1 of 3 examples repeat"),
    (
      (_x(1, 1, 2), [0, 1, 1]),
      (_x(3, 4), [0, 1]),
      "1 examples have other labels",
    ),
    ((_x(1, 2), [0, 1]), (_x(2, 4), [0, 1]), "1 of 2 examples are in training"),
    (
      (_x(1, 2), [0, 1]),
      (_x(200, 255), [0, 1]),
      "200 to 255, and 1 to 2 in tr",
    ),
    ((_x(7, 7, 7), [0, 1, 1]), (_x(7, 7), [0, 1]), "is 7 in each example"),
    (
      (_x(1, np.nan), [0, 1]),
      (_x(2, 3), [0, 1]),
      "1 of 2 examples hold a number",
    ),
  ],
)
def test_each_surprise_is_a_warning(train, evaluation, warning):
  found = "\n".join(_warnings(_report(train, evaluation)))
  assert re.search(warning, found), found


def test_one_class_that_is_nearly_all_is_a_warning():
  x = 10 + np.arange(100, dtype=np.float32)
  labels = np.array([0] * 99 + [1])
  (warning,) = _warnings(
    _report(({"x": x}, labels), ({"x": x[:2] + 0.5}, [0, 1]))
  )
  assert "99.0% of training is '0'" in warning


def test_a_class_for_each_example_is_a_warning():
  labels = np.arange(20)
  train = ({"x": labels + 1.5}, labels)
  warnings = _warnings(_report(train, ({"x": labels * 1.1}, labels)))
  assert "20 of 20 classes have one example in training" in warnings[0]


def test_texts_that_are_cut_or_empty_are_counted():
  train = {"s": _strings("a b c", "one", " ", "a b c d e")}
  evaluation = {"s": _strings("good", "bad")}
  report = _report(
    (train, [0, 1, 0, 1]), (evaluation, [0, 1]), max_lengths={"s": 2}
  )
  warnings = "\n".join(_warnings(report))
  assert "1 of 4 texts are empty, the first in example 2" in warnings
  assert "at least 2 of 4 texts have more words" in warnings


def _lists(*rows):
  flat = np.array([value for row in rows for value in row])
  if flat.dtype.kind == "U":
    flat = inputs.strings(flat.tolist())
  return inputs.Ragged(flat, [len(row) for row in rows])


def test_lists_are_told_by_their_lengths_and_by_what_they_hold():
  train = {
    "x": _lists([3, 9], [4], [5, 6, 7]),
    "t": _lists(["a", "b"], [], "c"),
  }
  evaluation = {"x": _lists([8], [3]), "t": _lists(["d"], ["e"])}
  report = _report((train, [0, 1, 0]), (evaluation, [0, 1]))
  text = report.text()
  assert (
    "x of training: int64 [None] from 3 to 9. Lists of 1 to 3 values, 2 in the "
    "middle."
  ) in text
  assert "string [None]. Lists of 0 to 2 values, 1 in the middle." in text
  (warning,) = _warnings(report)
  assert (
    "t of training: 1 of 3 lists are empty, the first in example 1" in warning
  )


def test_numbers_of_lists_are_counted_by_example_without_padding():
  train = {"x": _lists([1.0, np.nan, np.inf], [], [2.0], [np.nan])}
  sparse = inputs.Lists(train["x"], open=True, sparse=True)
  for column in (train["x"], sparse):
    report = _report(({"x": column}, [0, 1, 0, 1]), (_one_list(), [0, 1]))
    assert "2 of 4 examples hold a number that isn't finite" in "\n".join(
      _warnings(report)
    )


def _one_list():
  return {"x": _lists([1.0], [2.0, 1.0])}


def test_lists_are_compared_without_padding():
  # More rows than are read at once: the same list is padded differently.
  rows = [[i, 1] for i in range(5000)] + [[7, 1, 1]]
  train, evaluation = _lists(*rows), _lists([4999, 1], [7, 1, 0], [9, 1, 1, 1])
  labels = np.arange(len(rows)) % 2
  warnings = "\n".join(
    _warnings(_report(({"x": train}, labels), ({"x": evaluation}, [0, 1, 0])))
  )
  assert "1 of 3 examples are in training, too, such as example 0" in warnings
  assert "repeat another" not in warnings


def test_empty_text_in_a_list_of_fixed_length_is_no_empty_text():
  train = np.array([[b"a", b""], [b"b", b"c"], [b"", b""]], object)
  report = _report(({"t": train}, [0, 1, 0]), ({"t": train[:2] + b"x"}, [0, 1]))
  assert "1 of 3 texts are empty, the first in example 2" in "\n".join(
    _warnings(report)
  )


def test_ids_that_differ_do_not_hide_repeated_rows():
  train = _x(1, 1) | {"id": _strings("a", "b")}
  evaluation = _x(1, 2) | {"id": _strings("c", "d")}
  warnings = "\n".join(
    _warnings(_report((train, [0, 1]), (evaluation, [0, 1])))
  )
  assert "1 of 2 examples repeat another" in warnings
  assert "1 of 2 examples are in training, too, such as example 0" in warnings


def test_the_same_input_twice_is_a_warning():
  data = (_x(1, 2), [0, 1])
  (warning,) = _warnings(_report(data, data, same_input=True))
  assert "reads the training data" in warning


def test_files_are_compared_by_content(tmp_path):
  for name, content in (("a", b"12"), ("b", b"12"), ("c", b"34"), ("d", b"5")):
    (tmp_path / name).write_bytes(content)

  def files(*names):
    return {"image": inputs.Files([str(tmp_path / n) for n in names])}

  report = _report((files("a", "d"), [0, 1]), (files("b", "c"), [0, 1]))
  (warning,) = _warnings(report)
  assert "1 of 2 examples are in training, too, such as example 0" in warning
  assert "2 files (2 no ending) of 1 to 2 bytes" in report.text()


@pytest.mark.parametrize("in_files", [True, False])
def test_sizes_of_pictures_are_told_beside_what_the_module_sees(
  tmp_path, in_files
):
  contents = [encode(waves(30 + i, 20), "PNG") for i in range(3)]
  for i, content in enumerate(contents):
    (tmp_path / f"{i}.png").write_bytes(content)
  table = tmp_path / "a.csv"
  table.write_text("path,label\n0.png,0\n1.png,1\n2.png,1\n")
  files = inputs.ImageTable(inputs.Csv(str(table))).read().features["image"]
  column = files if in_files else inputs.strings(contents)
  examples = inputs.Examples({"image": column}, np.array([0, 1, 1]), "a")
  head, examples = schemas.name_classes(heads.MultiClass(), examples, None)
  schema = schemas.make(
    head,
    examples,
    examples,
    specs=examples.specs(),
    unused=[],
    readers_used={},
    pictures={"image": {"height": 8, "width": 9}},
  )
  assert (
    ", 20 to 20 pixels high and 30 to 32 wide, 20 by 31 in the middle. "
    "The module sees 8 by 9."
    in schemas.make_report(examples, examples, schema).text()
  )
