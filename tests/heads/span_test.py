import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError

COVERS = ("token_labels", "token_features")


@pytest.mark.parametrize(
  "labels",
  [
    np.array([[0, 2], [1, 1]]),
    np.array([[0.0, 2.0], [1.0, 1.0]]),
    {"first": np.array([0, 1]), "last": np.array([2, 1])},
  ],
)
def test_labels_are_pairs_of_positions(labels):
  head = heads.Span()
  found = heads.encode_labels(head, labels)
  assert found.tolist() == [[0, 2], [1, 1]]
  head.check_labels(found)
  heads.check_lengths(head, found, np.array([3, 2]), "words")
  with pytest.raises(UserError, match="example 1 has 1 values of 'words'"):
    heads.check_lengths(head, found, np.array([3, 1]), "words")
  assert heads.reads_tokens(head)
  assert not heads.labels_tokens(head)


@pytest.mark.parametrize(
  "labels, message",
  [
    (np.array([1, 2]), r"shape \[2\]"),
    (np.array([[1, 2, 3]]), r"shape \[1, 3\]"),
    (np.array([[0.5, 1]]), "a pair of whole numbers"),
    (np.array([[b"a", b"b"]], object), "the head expects numbers"),
    ({"a": np.array([1])}, "expects two"),
    (np.array([[2, 1]]), "the position of a first word"),
    (np.array([[0, 1], [-1, 0]]), "example 1 isn't the position"),
  ],
)
def test_other_labels_are_refused(labels, message):
  head = heads.Span()
  with pytest.raises(UserError, match=message):
    head.check_labels(heads.encode_labels(head, labels))


def test_max_words_is_a_count():
  with pytest.raises(UserError, match="max_words is 0"):
    heads.Span(0)
