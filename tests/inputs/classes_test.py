"""Class ids follow names."""

import numpy as np
import pytest

from hub_estimator.errors import UserError
from hub_estimator.inputs import Examples, Mix, renumber


class _Given:
  """An input that has these examples."""

  def __init__(self, examples):
    self._examples = examples

  def read(self):
    return self._examples


def _examples(ids, classes, source="data"):
  x = np.arange(len(ids), dtype=np.float32)
  return Examples({"x": x}, np.array(ids), source, classes=classes)


def test_ids_become_positions_in_the_list():
  examples = _examples([0, 1, 1], ("dog", "emu"))
  found = renumber(examples, ("cat", "dog", "emu"))
  assert found.labels.tolist() == [1, 2, 2]
  assert found.classes == ("cat", "dog", "emu")
  assert examples.labels.tolist() == [0, 1, 1]


def test_labels_of_the_data_itself_are_left():
  examples = _examples([0, 1, 1], None)
  assert renumber(examples, ("cat", "dog")) is examples


def test_an_unknown_class_is_refused_with_its_name_and_count():
  examples = _examples([0, 1, 1], ("cat", "cow"), "val")
  with pytest.raises(
    UserError, match="val has the class 'cow', with 2 examples"
  ):
    renumber(examples, ("cat", "dog"))


def test_a_mix_matches_classes_by_name():
  parts = [
    _examples([0, 1], ("cat", "emu")),
    _examples([0, 1, 2], ("ape", "cat", "dog")),
  ]
  mixed = Mix([_Given(p) for p in parts]).read()
  assert mixed.classes == ("ape", "cat", "dog", "emu")
  assert mixed.labels.tolist() == [1, 3, 0, 1, 2]


def test_a_mix_of_names_and_numbers_is_refused():
  parts = [_examples([0, 1], ("cat", "emu")), _examples([0, 1], None, "npz")]
  with pytest.raises(UserError, match="npz has numbers as labels"):
    Mix([_Given(p) for p in parts]).read()


def test_a_mix_of_equal_classes_keeps_their_order():
  parts = [_examples([0, 1], ("b", "a")), _examples([1, 1], ("b", "a"))]
  mixed = Mix([_Given(p) for p in parts], weights=[1, 1]).read()
  assert mixed.classes == ("b", "a")
  assert mixed.labels.tolist() == [0, 1, 1, 1]
