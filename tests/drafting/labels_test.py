"""The label is the column that a person would take."""

import pytest

from hub_estimator.drafting import labels, take_default
from hub_estimator.errors import UserError
from hub_estimator.surveying import Table, survey

pytestmark = pytest.mark.newest


def _label(columns, *, named=None, ask=take_default, taken=()):
  rows = len(next(iter(columns.values())))
  table = Table("a.csv", "csv", columns, rows)
  return labels.choose_label(
    table, survey(table), ask, named=named, taken=taken
  )


TEXTS = ["a good film", "the bad film", "very good", "really bad", "so so film"]


@pytest.mark.parametrize(
  "columns, name",
  [
    ({"text": TEXTS, "label": ["1", "0", "1", "0", "0"]}, "label"),
    (
      {"Target": ["1.5", "2", "3", "4", "5"], "n": ["1", "2", "1", "2", "1"]},
      "Target",
    ),
    ({"who": ["x", "y", "x", "y", "z"], "ok": ["n", "y", "n", "y", "y"]}, "ok"),
    ({"text": TEXTS, "price": ["1.5", "2.5", "3.5", "9", "1"]}, "price"),
  ],
)
def test_usual_names_come_first_and_then_few_values(columns, name):
  assert _label(columns).column == name


@pytest.mark.parametrize(
  "values, kind, separator, as_text",
  [
    (["pos", "neg"] * 3, labels.BINARY, None, False),
    (["1", "0"] * 3, labels.BINARY, None, False),
    (["1", "2"] * 3, labels.BINARY, None, True),
    (["a", "b", "c"] * 3, labels.CLASSES, None, False),
    (["0", "1", "2"] * 3, labels.CLASSES, None, False),
    (["1", "2", "5"] * 3, labels.CLASSES, None, True),
    ([str(i) for i in range(40)], labels.NUMBER, None, False),
    (["0.5", "1"] * 3, labels.NUMBER, None, False),
    (["a|b", "a", None, "b"] * 2, labels.SEVERAL, "|", False),
    (["a; b", "a", "b", "b"] * 2, labels.SEVERAL, ";", False),
    (
      ["Rome, Italy", "Paris, France", "Bonn, Germany"] * 3,
      labels.CLASSES,
      None,
      False,
    ),
    ([["a"], [], ["a", "b"]], labels.SEVERAL, None, False),
  ],
)
def test_the_kind_of_a_label_is_that_of_its_values(
  values, kind, separator, as_text
):
  found = _label({"label": values})
  assert (found.kind, found.separator, found.is_number_as_text) == (
    kind,
    separator,
    as_text,
  )


def test_missing_labels_are_counted_unless_blank_means_none():
  assert _label({"label": ["a", None, "b", "a"]}).missing == 1
  assert _label({"label": ["a|b", None, "b", "a"]}).missing == 0


def test_questions_name_the_possible_answers():
  asked = []

  def ask(question, answers, default):
    asked.append((question, list(answers), default))
    return answers[-1]

  columns = {"a": ["1", "2", "3"] * 3, "b": ["x", "y", "z"] * 3}
  found = _label(columns, ask=ask, named="a")
  assert asked == [
    ("What is 'a'?", [labels.CLASSES, labels.NUMBER], labels.CLASSES)
  ]
  assert found.kind == labels.NUMBER
  asked.clear()
  _label(columns, ask=ask)
  assert set(asked[0][1]) == {"a", "b"}


@pytest.mark.parametrize(
  "columns, named, why",
  [
    (
      {"text": TEXTS},
      None,
      "looks like a label: text .text.. Name it by --label",
    ),
    ({"label": ["a", "a"]}, "label", "has one value in all rows: 'a'"),
    ({"label": ["a", "b"]}, "lable", "did you mean 'label'"),
  ],
)
def test_no_label_is_refused(columns, named, why):
  with pytest.raises(UserError, match=why):
    _label(columns, named=named)
