"""The columns that a module reads are found by kind and by name."""

import pytest

from hub_estimator.drafting import take_default
from hub_estimator.drafting.features import choose_features
from hub_estimator.errors import UserError
from hub_estimator.modules import TensorInfo
from hub_estimator.modules.inspecting import COLUMNS, TEXT, VECTOR, Needs
from hub_estimator.surveying import Table, survey

pytestmark = pytest.mark.newest

COLUMNS_OF_TABLE = {
  "id": ["a1", "b2", "c3", "d4"],
  "title": ["one two", "three four", "five six", "seven eight"],
  "body": ["one two three four", "five six seven", "a b c d e", "f g h i"],
  "age": ["1", "2", "3", "4"],
  "size": ["1.5", "2", "3", "4"],
  "label": ["x", "y", "x", "y"],
}
SURVEY = survey(Table("a.csv", "csv", COLUMNS_OF_TABLE, 4))


def _needs(kind, *names, width=None):
  tensor = TensorInfo("float32", (None, width), "dense")
  return Needs(kind, dict.fromkeys(names, tensor), width, None)


def test_of_several_texts_the_longest_is_read_unless_the_user_chooses():
  asked = []

  def ask(question, answers, default):
    asked.append((answers, default))
    return "title"

  needs = _needs(TEXT, "sentences")
  found = choose_features(SURVEY, "label", needs, take_default)
  assert found.columns == ["body"] and found.inputs == {"sentences": "body"}
  assert choose_features(SURVEY, "label", needs, ask).columns == ["title"]
  assert asked == [(["body", "title"], "body")]


def test_all_numbers_but_the_label_make_a_vector_of_the_right_width():
  found = choose_features(
    SURVEY, "label", _needs(VECTOR, "x", width=2), take_default
  )
  assert found.columns == ["age", "size"] and found.vector == "x"
  with pytest.raises(
    UserError, match="a vector of 3 .* has 2 columns of numbers"
  ):
    choose_features(SURVEY, "label", _needs(VECTOR, "x", width=3), take_default)


def test_inputs_with_the_names_of_columns_read_these():
  needs = _needs(COLUMNS, "size", "age")
  found = choose_features(SURVEY, "label", needs, take_default)
  assert found.columns == ["age", "size"] and found.vector is None
  with pytest.raises(UserError, match="lacks weight"):
    choose_features(
      SURVEY, "label", _needs(COLUMNS, "age", "weight"), take_default
    )
