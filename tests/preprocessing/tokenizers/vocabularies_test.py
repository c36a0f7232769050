"""A vocabulary is the user's, or the module's, and has BERT's special tokens."""

import pytest

from hub_estimator import testing
from hub_estimator.errors import UserError
from hub_estimator.modules import read_module_info
from hub_estimator.preprocessing.tokenizers import Wordpiece
from hub_estimator.preprocessing.tokenizers.vocabularies import find_vocabulary
from hub_estimator.tensorflow_runtime import tf
from tests import module_zoo

# Line numbers in the module's vocabulary.
UNK, CLS, SEP, GOOD = range(1, 5)


@pytest.fixture(scope="module")
def silent(tmp_path_factory) -> str:
  """A module with a vocabulary, but without a description of it."""
  return testing.token_module(
    tmp_path_factory.mktemp("m") / "silent", tokenization_info=False
  )


def _ids(handle, sentence, **choices) -> list[list[int]]:
  info = read_module_info(handle)
  with tf.Graph().as_default(), tf.Session() as session:
    built = Wordpiece(max_length=4, **choices).build(
      {"s": tf.constant([sentence])}, info.signature("tokens"), info
    )
    session.run(tf.tables_initializer())
    return session.run(built["input_ids"]).tolist()


def test_the_modules_description_is_read(tmp_path):
  info = read_module_info(testing.token_module(tmp_path / "tokens"))
  found = find_vocabulary(info, path=None, lowercase=None)
  assert found.lowercase is True
  assert found.path.endswith("assets/vocab.txt")
  assert found.special == {"[PAD]": 0, "[UNK]": 1, "[CLS]": 2, "[SEP]": 3}
  assert not find_vocabulary(info, path=None, lowercase=False).lowercase


def test_the_asset_of_a_module_without_a_description_is_used(silent):
  assert _ids(silent, "Bad good", lowercase=False) == [[CLS, UNK, GOOD, SEP]]


def test_a_module_that_says_nothing_of_lowercase_is_refused(silent):
  with pytest.raises(UserError, match="doesn't say whether its tokens are low"):
    _ids(silent, "good")


def test_a_vocabulary_of_ones_own_replaces_the_modules(silent, tmp_path):
  own = tmp_path / "own.txt"
  own.write_text("good\n[SEP]\n[CLS]\n[UNK]\n[PAD]\n")
  ids = _ids(silent, "Good", vocabulary=str(own), lowercase=True)
  assert ids == [[2, 0, 1, 4]]


def test_a_vocabulary_without_special_tokens_is_refused(silent, tmp_path):
  own = tmp_path / "own.txt"
  own.write_text("good\n")
  with pytest.raises(UserError, match=r"it lacks \[CLS\], \[PAD\], \[SEP\], "):
    _ids(silent, "Good", vocabulary=str(own), lowercase=True)


def test_a_vocabulary_that_does_not_exist_is_refused(silent):
  with pytest.raises(UserError, match="no vocabulary file '/no/file'"):
    _ids(silent, "Good", vocabulary="/no/file", lowercase=True)


def test_odd_lines_of_a_vocabulary_are_read_as_they_are_meant(silent, tmp_path):
  own = tmp_path / "vocab.txt"
  own.write_bytes(
    b"\xef\xbb\xbf[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\nx\r\ngood \r\nx\r\nbad\r\n"
  )
  for word, number in [("good", 5), ("x", 4), ("bad", 7)]:
    ids = _ids(silent, word, vocabulary=str(own), lowercase=True)
    assert ids == [[2, number, 3, 0]]


def test_a_sentencepiece_model_is_named_as_such(tmp_path):
  albert = module_zoo.albert(tmp_path / "m")
  with pytest.raises(
    UserError,
    match=r"words.model is a SentencePiece model.*@tokenizers.sentence",
  ):
    _ids(albert, "good")
