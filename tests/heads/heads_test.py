import numpy as np
import pytest

from hub_estimator import heads
from hub_estimator.errors import UserError
from hub_estimator.inputs.interface import strings
from hub_estimator.tensorflow_runtime import tf


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
  with pytest.raises(UserError, match="has 2 labels.* the head has 3 classes"):
    heads.MultiClass(3, ["a", "b"])


def test_a_vocabulary_may_lie_in_a_file(tmp_path):
  path = tmp_path / "labels.txt"
  path.write_text("cat\ndog\nMaus\n", encoding="utf-8")
  head = heads.MultiClass(3, str(path))
  head.check_labels(np.array([b"dog", b"Maus"], object))
  assert head.build().logits_dimension == 3
  with pytest.raises(UserError, match="isn't among the head's: cat, dog, Maus"):
    head.check_labels(np.array([b"mouse"], object))
  with pytest.raises(UserError, match="No such file"):
    heads.MultiClass(3, str(tmp_path / "other.txt"))


def test_several_heads_want_a_column_each():
  head = heads.Multi({"a": heads.Binary(), "b": heads.Regression()})
  head.check_labels({"a": np.array([0, 1]), "b": np.array([0.5, 2.5])})
  with pytest.raises(UserError, match=r'label = \["a", "b"\]'):
    head.check_labels(np.array([0, 1]))
  with pytest.raises(UserError, match="Head 'a': Label 3 of example 1"):
    head.check_labels({"a": np.array([0, 3]), "b": np.array([0.5, 2.5])})
  with pytest.raises(UserError, match="only heads.multi takes more than one"):
    heads.Regression().check_labels({"a": np.array([0, 1])})
  with pytest.raises(UserError, match="did you mean 'b'"):
    heads.Multi(head.heads, {"bb": 2.0})


@pytest.mark.parametrize("n_classes", [1, 0, 2.0, "3"])
def test_n_classes_is_an_integer_of_at_least_two(n_classes):
  with pytest.raises(UserError, match="at least 2"):
    heads.MultiClass(n_classes)


class _Mine(heads.Regression):
  pass


def test_heads_of_this_package_are_known_parts_included():
  assert heads.is_known(heads.Binary())
  assert heads.is_known(heads.Multi({"a": heads.MultiClass(3)}))
  assert not heads.is_known(_Mine())
  assert not heads.is_known(heads.Multi({"a": heads.Binary(), "b": _Mine()}))


def test_class_ids_stand_in_for_strings(tmp_path):
  words = tmp_path / "words"
  words.write_text("c\nb\na\n")
  head = heads.Multi(
    {
      "kind": heads.MultiClass(3, label_vocabulary=str(words)),
      "good": heads.Binary(["no", "yes"]),
      "stars": heads.Regression(),
    }
  )
  labels = {
    "kind": np.array([[b"a"], [b"c"]], object),
    "good": np.array([b"yes", b"no"], object),
    "stars": np.array([0.5, 2.0]),
  }
  ids = heads.class_ids(head, labels)
  assert ids["kind"].tolist() == [[2], [0]]
  assert ids["good"].tolist() == [1, 0]
  assert ids["stars"] is labels["stars"]
  with tf.Graph().as_default():
    tensors = {name: tf.constant(array) for name, array in ids.items()}
    bare = heads.without_vocabulary(head, tensors)
    assert bare.heads["kind"] == heads.MultiClass(3)
    assert bare.heads["good"] == heads.Binary()
    tensors["good"] = tf.constant(["yes", "no"])
    assert (
      heads.without_vocabulary(head, tensors).heads["good"]
      == head.heads["good"]
    )
