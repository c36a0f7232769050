"""Heads take their classes from the data."""

import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError


def test_a_head_without_classes_takes_those_of_the_data():
  head = heads.with_classes(heads.MultiClass(), names=["a", "b", "c"], count=3)
  assert head == heads.MultiClass(3, ["a", "b", "c"])


def test_numbers_give_only_the_count():
  head = heads.with_classes(heads.MultiClass(), names=None, count=4)
  assert head == heads.MultiClass(4)


def test_a_head_that_says_fewer_classes_is_refused_with_their_names():
  with pytest.raises(UserError, match="2 classes, and .* has 3: a, b, c"):
    heads.with_classes(heads.Binary(), names=["a", "b", "c"], count=3)


def test_one_class_is_refused():
  with pytest.raises(UserError, match="has 1 class: a; two at least"):
    heads.with_classes(heads.MultiClass(), names=["a"], count=1)


def test_a_regression_comes_back_as_it_is():
  head = heads.Regression()
  assert heads.with_classes(head, names=["a", "b"], count=2) is head


def test_the_repr_of_a_head_is_that_of_old_manifests():
  expected = (
    "MultiClass(n_classes=3, label_vocabulary=None, weight_column=None)"
  )
  assert repr(heads.MultiClass(3)) == expected


def test_a_head_alone_says_what_it_lacks():
  with pytest.raises(UserError, match="neither n_classes nor a label_vocab"):
    heads.MultiClass().build()
