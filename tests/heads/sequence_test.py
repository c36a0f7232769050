import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError


def _lists(*rows):
  array = np.empty(len(rows), object)
  array[:] = rows
  return array


@pytest.mark.parametrize(
  "labels, padded",
  [
    (
      _lists((b"a", b"b"), (b"b",), ()),
      [[b"a", b"b"], [b"b", b""], [b"", b""]],
    ),
    (_lists((0, 2), (1,)), [[0, 2], [1, -1]]),
    (np.array([[b"a", b"b"]], object), [[b"a", b"b"]]),
    (np.array([[0, 2], [1, 0]]), [[0, 2], [1, 0]]),
    (_lists((), ()), [[-1], [-1]]),
  ],
)
def test_lists_of_labels_are_padded(labels, padded):
  head = heads.Sequence(3)
  found = heads.encode_labels(head, labels)
  assert found.tolist() == padded
  counts = heads.label_counts(head, found)
  assert counts.tolist() == [len(row) for row in labels.tolist()]
  values = [value for row in labels.tolist() for value in row]
  assert heads.label_values(head, found).tolist() == values


@pytest.mark.parametrize(
  "labels, message",
  [
    (np.array([0, 1]), "single values such as 0"),
    (np.array([b"a"], object), "single values such as b'a'"),
    (_lists((b"a",), (b"a", b"")), "Example 1 has a blank label"),
    (_lists((1, -1), (1,)), "Example 0 has a blank label"),
    (_lists((1.5,)), "numbers such as 1.5"),
    ({"x": np.array([[1]])}, "only heads.multi accepts"),
  ],
)
def test_labels_that_are_no_lists_of_classes_are_refused(labels, message):
  with pytest.raises(UserError, match=message):
    heads.encode_labels(heads.Sequence(3), labels)


def test_labels_that_are_no_class_are_refused():
  head = heads.Sequence(label_vocabulary=["a", "b"])
  head.check_labels(np.array([[b"a", b"b"], [b"b", b""]], object))
  with pytest.raises(UserError, match="'c' of example 1"):
    head.check_labels(np.array([[b"a", b"c"], [b"b", b""]], object))
  with pytest.raises(UserError, match="one of the head's classes, 0 to 1"):
    heads.Sequence(2).check_labels(np.array([[0, 2], [1, -1]]))


def test_classes_come_from_the_data():
  head = heads.with_classes(heads.Sequence(), names=["a", "b", "c"], count=3)
  assert heads.vocabulary_of(head) == ["a", "b", "c"]
  assert heads.has_classes(head)
  assert heads.classes_wanted(head) == 3
  assert heads.with_ids(head) == heads.Sequence(3)


def test_other_heads_have_no_labels_of_tokens():
  labels = np.array([0, 1])
  assert heads.label_counts(heads.Binary(), labels) is None
  assert heads.label_values(heads.Binary(), labels) is labels
  assert not heads.labels_tokens(heads.Binary())
