"""Words of real sentences, their tags, and the module that reads their letters."""

import numpy as np
import pytest
from hub_estimator.examples import treebank

from hub_estimator import heads
from hub_estimator.errors import UserError
from hub_estimator.tensorflow_runtime import hub, tf


@pytest.mark.parametrize(
  "tags, classes", [("part_of_speech", 14), ("names", 3)]
)
def test_each_word_has_a_tag(tags, classes):
  parts = [treebank.TurkishWords(s, tags).read() for s in treebank.SPLITS]
  assert [len(part) for part in parts] == [3880, 971]
  for part in parts:
    lengths = [len(row) for row in part.labels]
    assert part.features["words"].lengths.tolist() == lengths
  found = {tag for row in parts[0].labels for tag in row}
  assert len(found) == classes
  head = heads.Sequence(classes)
  assert heads.encode_labels(head, parts[0].labels).shape[0] == 3880


def test_names_go_on_in_the_next_word():
  words = treebank.TurkishWords("train", "names").read()
  for tags in words.labels:
    for before, tag in zip((b"O", *tags), tags, strict=False):
      assert (tag == b"I-NAME") <= (before != b"O")


def test_an_unknown_split_is_refused():
  with pytest.raises(UserError, match="split is 'test'; it must be one of"):
    treebank.TurkishWords("test").read()
  with pytest.raises(UserError, match="tags is 'verbs'"):
    treebank.TurkishWords("train", "verbs").read()


def test_a_words_vector_doesnt_depend_on_padding():
  with tf.Graph().as_default(), tf.Session() as session:
    spec = hub.create_module_spec(treebank.hashed_ngrams)
    words = tf.placeholder(tf.string, [None, None])
    vectors = hub.Module(spec)({"words": words})
    session.run(tf.global_variables_initializer())
    short = session.run(vectors, {words: [["ve", "öyle", "mi"]]})
    long = session.run(vectors, {words: [["ve", "öyle", "mi", "", ""]]})
    other = session.run(vectors, {words: [["ve", "böyle", "mi"]]})
  np.testing.assert_allclose(long[:, :3], short, atol=1e-6)
  assert (np.abs(other - short) > 1e-4).any(axis=-1).all()
