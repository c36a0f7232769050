import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError
from hub_estimator.heads import labels as checks


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
    (
      heads.Binary(),
      np.array([b"a"], object),
      "strings such as 'a'; list them in the head's label_vocabulary",
    ),
    (
      heads.Binary(["no", "yes"]),
      np.array([0]),
      "label_vocabulary holds strings",
    ),
    (
      heads.Binary(["no", "yes"]),
      np.array([b"yes", b"maybe"], object),
      "'maybe' of example 1",
    ),
    (
      heads.MultiLabel(2),
      np.array([[0, 1], [0, 2]]),
      r"Label \[0, 2\] of example 1 has values other than 0 and 1",
    ),
    (
      heads.MultiLabel(3),
      np.array([[0, 1]]),
      r"heads.multi_label expects \[examples, 3\]",
    ),
    (heads.Regression(), np.array([1.0, np.nan]), "isn't a finite number"),
    (heads.Regression(2), np.array([1.0]), "1 numbers per example"),
    (heads.Regression(), np.array([b"x"], object), "expects numbers"),
    (heads.LogisticRegression(), np.array([0.5, 1.5]), "from 0 to 1"),
    (heads.PoissonRegression(), np.array([-1.0]), "at or above 0"),
  ],
)
def test_labels_that_a_head_cannot_learn_are_rejected(head, labels, why):
  with pytest.raises(UserError, match=why):
    head.check_labels(labels)


def test_a_vocabulary_of_the_wrong_length_is_rejected():
  with pytest.raises(UserError, match="has 2 labels.* the head has 3 classes"):
    heads.MultiClass(3, ["a", "b"])


def test_a_vocabulary_with_repeated_labels_is_rejected():
  with pytest.raises(UserError, match="has 2 labels, 1 of them distinct"):
    checks.read_vocabulary(["a", "a"], 2)


def test_a_vocabulary_is_read_from_a_file(tmp_path):
  path = tmp_path / "labels.txt"
  path.write_text("cat\ndog\nMaus\n", encoding="utf-8")
  head = heads.MultiClass(3, str(path))
  head.check_labels(np.array([b"dog", b"Maus"], object))
  assert head.build().logits_dimension == 3
  with pytest.raises(
    UserError, match="isn't in the head's label_vocabulary: cat, dog, Maus"
  ):
    head.check_labels(np.array([b"mouse"], object))
  with pytest.raises(UserError, match="No such file"):
    heads.MultiClass(3, str(tmp_path / "other.txt"))
