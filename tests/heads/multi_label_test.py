import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import estimator, tf

WANTED = [[1, 0, 1], [0, 0, 0], [0, 1, 0]]


def _lists(*rows):
  array = np.empty(len(rows), object)
  array[:] = rows
  return array


@pytest.mark.parametrize(
  "labels",
  [
    np.array(WANTED),
    {n: np.array(WANTED)[:, i] for i, n in reversed(list(enumerate("abc")))},
    _lists((b"c", b"a"), (), (b"b", b"b")),
    _lists((0, 2), (), (1,)),
    np.array([[b"a", b"c"], [b"a", b"a"]], object),
    np.array([[0, 2], [2, 0]]),
  ],
)
def test_labels_of_all_kinds_become_indicators_by_name(labels):
  head = heads.MultiLabel(label_vocabulary=["a", "b", "c"])
  found = heads.encode_labels(head, labels).tolist()
  if len(found) == 3:
    assert found == WANTED
  else:
    assert found[0] == WANTED[0]


def test_columns_without_a_vocabulary_keep_their_order():
  labels = {"z": np.array([1, 0]), "a": np.array([0, 1])}
  assert heads.encode_labels(heads.MultiLabel(2), labels).tolist() == [
    [1, 0],
    [0, 1],
  ]


@pytest.mark.parametrize(
  ("labels", "why"),
  [
    (_lists((b"a",), (b"d",)), "'d' of example 1 isn't one of .* a, b, c"),
    (
      _lists(
        (3,),
      ),
      "3 of example 0 isn't one of",
    ),
    ({"a": np.array([1]), "d": np.array([0])}, "column 'd' isn't in"),
    ({"a": np.array([1]), "b": np.array([0])}, "come as 2 columns"),
    (
      {n: np.array([2]) for n in "abc"},
      r"Label \[2, 2, 2\] of example 0 has values other",
    ),
  ],
)
def test_other_labels_are_refused(labels, why):
  head = heads.MultiLabel(3, label_vocabulary=["a", "b", "c"])
  with pytest.raises(UserError, match=why):
    head.check_labels(labels)


def test_names_need_a_vocabulary():
  with pytest.raises(UserError, match="names such as 'a'; list them"):
    heads.MultiLabel(3).check_labels(_lists((b"a",)))


def test_other_heads_refuse_lists():
  with pytest.raises(UserError, match="Labels are lists such as 'a'; only"):
    heads.encode_labels(heads.Binary(), _lists((b"a",)))
  multi = heads.Multi({"x": heads.Binary(), "y": heads.MultiLabel(2)})
  with pytest.raises(UserError, match="Label 'x': Labels are lists"):
    heads.encode_labels(multi, {"x": _lists((b"a",)), "y": np.eye(2)})


def test_a_part_of_multi_reads_lists():
  multi = heads.Multi({"x": heads.Binary(), "y": heads.MultiLabel(2)})
  labels = {"x": np.array([0, 1]), "y": _lists((1,), ())}
  found = heads.encode_labels(multi, labels)
  assert found["x"] is labels["x"]
  assert found["y"].tolist() == [[0, 1], [0, 0]]


def test_the_built_head_has_as_many_logits_as_names():
  head = heads.MultiLabel(label_vocabulary=["a", "b", "c"])
  assert head.build().logits_dimension == 3
  with tf.Graph().as_default():
    bare = heads.without_vocabulary(head, tf.constant([[0, 1, 1]]))
    assert bare == heads.MultiLabel(3)
    loss = head.build().loss(
      tf.constant([[0, 1, 1]]),
      tf.zeros([1, 3]),
      {},
      estimator.ModeKeys.EVAL,
    )
    with tf.Session() as session:
      np.testing.assert_allclose(session.run(loss), np.log(2), rtol=1e-6)


def test_old_manifests_hold_the_name_of_a_head_without_a_vocabulary():
  assert repr(heads.MultiLabel(2)) == (
    "MultiLabel(n_classes=2, weight_column=None)"
  )
  assert "label_vocabulary=['a', 'b']" in repr(
    heads.MultiLabel(label_vocabulary=["a", "b"])
  )


def test_a_head_without_classes_is_refused():
  with pytest.raises(UserError, match="neither n_classes nor"):
    heads.MultiLabel()
