import numpy as np

from hub_estimator import heads
from hub_estimator.tensorflow_runtime import tf


def test_class_ids_replace_strings(tmp_path):
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


def test_class_ids_of_tensors_look_strings_up_and_keep_numbers():
  with tf.Graph().as_default(), tf.Session() as session:
    looked_up = heads.build_class_ids(
      heads.Binary(["no", "yes"]), tf.constant([["yes"], ["no"]])
    )
    kept = heads.build_class_ids(heads.MultiClass(3), tf.constant([[2.0]]))
    session.run(tf.tables_initializer())
    assert session.run(looked_up).tolist() == [1, 0]
    assert session.run(kept).tolist() == [2]
