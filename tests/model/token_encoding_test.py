"""Each word has its own vector: equal to plain hub.Module, whatever the padding."""

import numpy as np
import pytest

from hub_estimator import heads, testing
from hub_estimator.errors import UserError
from hub_estimator.model import applied_modules, encoders, towers
from hub_estimator.model.token_encoding import encode_tokens
from hub_estimator.modules import ModuleSource, read_module_info
from hub_estimator.preprocessing import Adapter
from hub_estimator.preprocessing.tokenizers import Wordpiece
from hub_estimator.tensorflow_runtime import tf
from tests import sequence_modules

WORDS = [["good", "goodish", "films"], ["bad", "", ""]]
COUNTS = [3, 1]


@pytest.fixture(scope="module")
def elmo(tmp_path_factory) -> str:
  path = str(tmp_path_factory.mktemp("m") / "words")
  return sequence_modules.words_module(path)


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> str:
  return testing.token_module(tmp_path_factory.mktemp("m") / "tokens")


def _encoder(handle, output, adapter=None):
  source = ModuleSource(handle, signature="tokens", output=output)
  return encoders.Encoder(source, adapter or Adapter())


def _encode(encoder, features, n_towers=1):
  handle = encoder.module.handle
  config = towers.with_devices(None, n_towers)
  with tf.Graph().as_default(), tf.Session(config=config) as session:
    encoded = encode_tokens(
      {"module": read_module_info(handle)},
      encoder,
      {name: tf.constant(x) for name, x in features.items()},
      mode="eval",
      n_towers=n_towers,
    )
    assert len(applied_modules()) == n_towers
    session.run([tf.global_variables_initializer(), tf.tables_initializer()])
    return session.run((encoded.head_input, encoded.tokens))


@pytest.mark.parametrize("n_towers", [1, 2])
def test_tokens_of_the_module_are_those_of_the_data(elmo, n_towers):
  features = {"tokens": WORDS, "sequence_len": np.array(COUNTS, np.int32)}
  vectors, tokens = _encode(_encoder(elmo, "elmo"), features, n_towers)
  by_hand = sequence_modules.apply(
    elmo,
    "tokens",
    tokens=np.array(WORDS),
    sequence_len=np.array(COUNTS, np.int32),
  )["elmo"]
  by_hand[1, 1:] = 0  # Padding, which has vectors in the module's output.
  np.testing.assert_array_equal(vectors, by_hand)
  read = tokens[heads.TOKENS_READ]
  assert read.tolist() == [[True] * 3, [True, False, False]]
  assert tokens[heads.LENGTH].tolist() == COUNTS


@pytest.mark.slow
def test_a_word_has_the_vector_of_its_first_piece(bert):
  adapter = Adapter(tokenizer=Wordpiece(max_length=6))
  vectors, tokens = _encode(
    _encoder(bert, "sequence_output", adapter), {"words": WORDS}
  )
  # [CLS] good good ##ish film [SEP]; [CLS] bad [SEP].
  ids = np.array([[2, 4, 4, 9, 6, 3], [2, 5, 3, 0, 0, 0]])
  by_hand = sequence_modules.apply(
    bert,
    "tokens",
    input_ids=ids.astype(np.int32),
    input_mask=(ids > 0).astype(np.int32),
    segment_ids=np.zeros_like(ids, np.int32),
  )["sequence_output"]
  np.testing.assert_array_equal(vectors[0], by_hand[0, [1, 2, 4]])
  np.testing.assert_array_equal(vectors[1], [by_hand[1, 1], [0] * 4, [0] * 4])
  read = tokens[heads.TOKENS_READ]
  assert read.tolist() == [[True] * 3, [True, False, False]]


def test_a_word_that_is_cut_is_not_read_and_counts(bert):
  adapter = Adapter(tokenizer=Wordpiece(max_length=5))
  vectors, tokens = _encode(
    _encoder(bert, "sequence_output", adapter), {"words": WORDS}
  )
  assert tokens[heads.TOKENS_READ][0].tolist() == [True, True, False]
  assert not vectors[0, 2].any()
  assert tokens[heads.LENGTH].tolist() == COUNTS


def test_an_output_that_is_no_sequence_is_refused(bert):
  with pytest.raises(UserError, match="Set module.output = 'sequence_output'"):
    _encode(_encoder(bert, "pooled_output"), {"words": WORDS})


def test_a_module_without_a_mask_is_refused(tmp_path):
  path = sequence_modules.ids_module(str(tmp_path / "m"), "codes")
  encoder = encoders.Encoder(ModuleSource(path))
  with pytest.raises(UserError, match="tells tokens from padding"):
    _encode(encoder, {"codes": [[1, 2], [3, 0]]})
  masked = encoders.Encoder(ModuleSource(path), Adapter(mask="codes"))
  _, tokens = _encode(masked, {"codes": [[1, 2], [3, 0]]})
  assert tokens[heads.LENGTH].tolist() == [2, 1]


def test_several_modules_are_refused(elmo):
  pair = encoders.Towers(ModuleSource(elmo, signature="tokens"), "a", "b")
  with tf.Graph().as_default():
    with pytest.raises(UserError, match="run.encoder applies 2"):
      encode_tokens({}, pair, {}, mode="eval")


def test_a_tokenizer_without_words_is_refused(bert):
  class Hashed:
    def strings(self, features):
      return list(features)

    def build(self, features, signature, info):
      raise AssertionError

  adapter = Adapter(tokenizer=Hashed())
  with pytest.raises(UserError, match="a tokenizer with `build_words`"):
    _encode(_encoder(bert, "sequence_output", adapter), {"words": WORDS})
