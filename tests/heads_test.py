import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError
from hub_estimator.inputs.interface import strings


@pytest.mark.parametrize(
  "head, labels, why",
  [
    (
      heads.MultiClass(3),
      np.array([0, 1, 3]),
      "Label 3 of example 2 isn't one of",
    ),
    (heads.MultiClass(3), np.array([0, -1]), "Label -1 of example 1"),
    (heads.MultiClass(3), np.array([0.5, 1]), "Label 0.5 of example 0"),
    (heads.Binary(), np.array([0, 2]), "classes, 0 to 1"),
    (heads.Binary(), strings(["a"]), "strings such as 'a'; give the head its"),
    (
      heads.Binary(["no", "yes"]),
      np.array([0]),
      "label_vocabulary holds strings",
    ),
    (
      heads.Binary(["no", "yes"]),
      strings(["yes", "maybe"]),
      "'maybe' of example 1",
    ),
    (heads.MultiLabel(2), np.array([[0, 1], [0, 2]]), "isn't made of 0 and 1"),
    (heads.MultiLabel(3), np.array([[0, 1]]), r"wants \[examples, 3\]"),
    (heads.Regression(), np.array([1.0, np.nan]), "isn't a finite number"),
    (heads.Regression(2), np.array([1.0]), "1 numbers a row"),
    (heads.Regression(), strings(["x"]), "wants numbers"),
    (heads.LogisticRegression(), np.array([0.5, 1.5]), "from 0 to 1"),
    (heads.PoissonRegression(), np.array([-1.0]), "at or above 0"),
  ],
)
def test_labels_outside_of_the_head_are_refused(head, labels, why):
  with pytest.raises(UserError, match=why):
    head.check_labels(labels)


@pytest.mark.parametrize(
  "head, labels, dimension",
  [
    (heads.Binary(), np.array([0, 1]), 1),
    (heads.Binary(["no", "yes"]), strings(["yes", "no"]), 1),
    (heads.MultiClass(2), np.array([0, 1]), 1),
    (heads.MultiClass(3), np.array([0, 2]), 3),
    (heads.MultiLabel(2), np.array([[0, 1]]), 2),
    (heads.Regression(2), np.array([[1.0, 2.0]]), 2),
    (heads.LogisticRegression(), np.array([0.0, 1.0]), 1),
    (heads.PoissonRegression(), np.array([3]), 1),
  ],
)
def test_every_head_builds_and_takes_its_labels(head, labels, dimension):
  head.check_labels(labels)
  assert head.build().logits_dimension == dimension


def test_a_vocabulary_of_another_length_is_refused():
  with pytest.raises(UserError, match="has 2 labels and n_classes is 3"):
    heads.MultiClass(3, ["a", "b"])


@pytest.mark.parametrize("n_classes", [1, 0, 2.0, "3"])
def test_n_classes_is_an_integer_of_at_least_two(n_classes):
  with pytest.raises(UserError, match="at least 2"):
    heads.MultiClass(n_classes)
