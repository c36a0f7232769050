"""Tables map words to places and back, unknown ones to what was asked for."""

from hub_estimator.scripts.contrib import Contrib
from hub_estimator.tensorflow_runtime import tf


def test_words_are_found_in_lists_and_files(tmp_path):
  (tmp_path / "words").write_text("a\nb\n")
  path = str(tmp_path / "words")
  lookup = Contrib().lookup
  with tf.Graph().as_default(), tf.Session() as session:
    words, places = tf.constant(["b", "c"]), tf.constant([1, 5], tf.int64)
    found = [
      lookup.index_table_from_file(path, num_oov_buckets=1).lookup(words),
      lookup.index_table_from_tensor(mapping=["a", "b"]).lookup(words),
      lookup.index_to_string_table_from_file(path).lookup(places),
      lookup.index_to_string_table_from_tensor(["a", "b"], "?").lookup(places),
    ]
    session.run(tf.tables_initializer())
    found = [values.tolist() for values in session.run(found)]
  assert found == [[1, 2], [1, -1], [b"b", b"UNK"], [b"b", b"?"]]
