"""A module tells its tokens by signatures or assets."""

import pytest

from hub_estimator import testing
from hub_estimator.errors import UserError
from hub_estimator.modules import (
  is_sentencepiece,
  read_module_info,
  read_tokenization,
)
from hub_estimator.tensorflow_runtime import hub, tf
from tests import module_zoo, sentencepiece_models


def _told(path):
  return read_tokenization(read_module_info(str(path)))


def test_a_vocabulary_is_told_by_tokenization_info_or_as_an_asset(tmp_path):
  told = _told(testing.token_module(tmp_path / "a"))
  assert told.vocabulary.endswith("assets/vocab.txt") and told.model is None
  assert told.lowercase is True and "tokenization_info" in told.source
  told = _told(testing.token_module(tmp_path / "b", tokenization_info=False))
  assert told.vocabulary.endswith("assets/vocab.txt")
  assert told.lowercase is None and told.source == "its asset vocab.txt"


def test_a_model_is_told_by_either_signature_or_as_an_asset(tmp_path):
  told = _told(module_zoo.albert(tmp_path / "a", lowercase=False))
  assert told.model.endswith("assets/words.model") and told.vocabulary is None
  assert told.lowercase is False
  told = _told(module_zoo.use_lite(tmp_path / "u"))
  assert told.model.endswith("assets/words.model") and told.lowercase is None
  assert told.source == "its signature 'spm_path'"
  told = _told(module_zoo.albert(tmp_path / "b", tokenization_info=False))
  assert told.source == "its asset words.model"


def test_a_module_may_tell_nothing(dense):
  told = _told(dense)
  assert (told.vocabulary, told.model, told.lowercase) == (None, None, None)


def _module_with_assets(path, files):
  def module_fn():
    x = tf.placeholder(tf.float32, [None])
    for file in files:
      asset = tf.constant(str(file))
      tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, asset)
    hub.add_signature(inputs=x, outputs=x * tf.get_variable("weight", []))

  return testing.export_module(str(path), module_fn)


def test_a_description_may_hold_other_strings(tmp_path):
  vocabulary = tmp_path / "words.txt"
  vocabulary.write_text("[PAD]\n")

  def module_fn():
    x = tf.placeholder(tf.float32, [None])
    hub.add_signature(inputs=x, outputs=x * tf.get_variable("weight", []))
    asset = tf.constant(str(vocabulary))
    tf.add_to_collection(tf.GraphKeys.ASSET_FILEPATHS, asset)
    described = {"a_name": tf.constant("BERT"), "vocab_file": asset}
    hub.add_signature("tokenization_info", inputs={}, outputs=described)

  told = _told(testing.export_module(str(tmp_path / "m"), module_fn))
  assert told.vocabulary.endswith("assets/words.txt")


def test_two_models_are_not_chosen_between(tmp_path):
  files = [tmp_path / "a.model", tmp_path / "b.model"]
  for file in files:
    file.write_bytes(sentencepiece_models.train())
  path = _module_with_assets(tmp_path / "m", files)
  with pytest.raises(
    UserError, match=r"2 SentencePiece models: a.model, b.model"
  ):
    _told(path)


@pytest.mark.parametrize(
  "content",
  [
    b"",
    b"\n",
    b"\n\n\n\n\n",
    b"[PAD]\n[UNK]\n",
    b"\n\x0e\n\x05<unk>",
    b"a" * 99,
  ],
)
def test_other_files_are_no_models(content, tmp_path):
  path = tmp_path / "file"
  path.write_bytes(content)
  assert not is_sentencepiece(str(path))


@pytest.mark.parametrize("albert", [True, False])
def test_models_are_known_by_their_first_piece(albert, tmp_path):
  path = tmp_path / "file"
  path.write_bytes(sentencepiece_models.train(albert=albert))
  assert is_sentencepiece(str(path))
