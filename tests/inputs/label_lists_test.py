import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import Csv, Jsonl


def test_a_separator_makes_lists_and_a_blank_cell_none(tmp_path):
  path = tmp_path / "a.csv"
  path.write_text("t,label\nx,a|b\ny,\nz, c | a |\n")
  examples = Csv(str(path), label_separator="|").read()
  assert examples.labels.tolist() == [(b"a", b"b"), (), (b"c", b"a")]


@pytest.mark.parametrize(
  ("values", "wanted"),
  [
    (['["a"]', "[]", '["a", "b"]'], [(b"a",), (), (b"a", b"b")]),
    (["[0]", "[]", "[2, 1]"], [(0,), (), (2, 1)]),
    (["[]", "[]"], [(), ()]),
  ],
)
def test_lists_of_labels_in_json_may_differ_in_length(tmp_path, values, wanted):
  path = tmp_path / "a.jsonl"
  path.write_text("".join(f'{{"t": "x", "label": {v}}}\n' for v in values))
  assert Jsonl(str(path)).read().labels.tolist() == wanted


@pytest.mark.parametrize(
  "values",
  [
    ['["a"]', '["a", 1]'],
    ['["a"]', "[0, 1]"],
    ['["a", "b"]', '"a"'],
    ["[0, 1]", "[1.5]"],
    ["[1]", "[true, false]"],
  ],
)
def test_other_lists_are_refused_with_their_line(tmp_path, values):
  path = tmp_path / "a.jsonl"
  path.write_text("".join(f'{{"t": "x", "label": {v}}}\n' for v in values))
  with pytest.raises(UserError, match="line 2: 'label' is"):
    Jsonl(str(path)).read()


@pytest.mark.parametrize(
  ("label", "separator"), [(["a", "b"], "|"), ("label", ""), ("label", 3)]
)
def test_a_separator_without_sense_is_refused(label, separator):
  with pytest.raises(UserError, match="label_separator is"):
    Csv("f", label=label, label_separator=separator)
