"""Strings become BERT's token ids, in training and when served."""

import builtins
import shutil

import numpy as np
import pytest

from hub_estimator import exporting, runs, testing
from hub_estimator.errors import UserError
from hub_estimator.model import encoders
from hub_estimator.modules import (
  ModuleSource,
  read_module_info,
  read_signature,
)
from hub_estimator.preprocessing import Adapter
from hub_estimator.preprocessing.tokenizers import Wordpiece
from hub_estimator.tensorflow_runtime import tf
from tests.small_runs import make_experiment, replace

# Line numbers in the vocabulary.
PAD, UNK, CLS, SEP, GOOD, BAD, FILM, THE, A, ISH, S = range(11)


@pytest.fixture(scope="module")
def tokens(tmp_path_factory) -> str:
  return testing.token_module(tmp_path_factory.mktemp("m") / "tokens")


def _build(handle, tokenizer, **features):
  info = read_module_info(handle)
  signature = info.signature("tokens")
  with tf.Graph().as_default(), tf.Session() as session:
    built = tokenizer.build(
      {k: tf.constant(v) for k, v in features.items()}, signature, info
    )
    session.run(tf.tables_initializer())
    return session.run(built)


def test_a_sentence_becomes_ids_mask_and_segments(tokens):
  got = _build(
    tokens,
    Wordpiece(max_length=7),
    sentence=["A GOODISH film!", "", "the films bad bad bad bad bad"],
  )
  np.testing.assert_array_equal(
    got["input_ids"],
    [
      [CLS, A, GOOD, ISH, FILM, UNK, SEP],
      [CLS, SEP, PAD, PAD, PAD, PAD, PAD],
      [CLS, THE, FILM, S, BAD, BAD, SEP],
    ],
  )
  np.testing.assert_array_equal(
    got["input_mask"], [[1] * 7, [1, 1, 0, 0, 0, 0, 0], [1] * 7]
  )
  assert not got["segment_ids"].any()


def test_a_pair_has_two_segments_and_the_longer_one_is_cut(tokens):
  got = _build(
    tokens,
    Wordpiece(feature="left", second_feature="right", max_length=8),
    left=["good", "good good good good good good"],
    right=["the bad film", "bad"],
  )
  np.testing.assert_array_equal(
    got["input_ids"],
    [
      [CLS, GOOD, SEP, THE, BAD, FILM, SEP, PAD],
      [CLS, GOOD, GOOD, GOOD, GOOD, SEP, BAD, SEP],
    ],
  )
  np.testing.assert_array_equal(
    got["segment_ids"], [[0, 0, 0, 1, 1, 1, 1, 0], [0, 0, 0, 0, 0, 0, 1, 1]]
  )


def _experiment(handle, data, tokenizer, **changes):
  experiment = make_experiment(handle, data)
  return replace(
    experiment,
    encoder=encoders.Encoder(
      ModuleSource(handle, signature="tokens", output="pooled_output"),
      Adapter(tokenizer=tokenizer),
    ),
    **changes,
  )


@pytest.mark.slow
def test_a_run_learns_and_serves_strings_without_its_module(
  sentences_csv, tmp_path
):
  handle = testing.token_module(tmp_path / "tokens")
  experiment = _experiment(
    handle,
    sentences_csv,
    Wordpiece(max_length=8),
    exports=exporting.Exports(["final"]),
    max_steps=60,
    eval_every_steps=60,
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  assert result.metrics["accuracy"] == 1.0
  shutil.rmtree(handle)
  model = tmp_path / "run" / result.exports["final"]["model"]
  served = tf.saved_model.load_v2(str(model)).signatures["serving_default"]
  probabilities = served(sentence=tf.constant(["a good film", "the bad film"]))
  classes = probabilities["class_ids"].numpy().ravel()
  assert classes.tolist() == [1, 0]
  module = next((tmp_path / "run/export/final/module").glob("*/module"))
  assert (module / "assets" / "vocab.txt").exists()
  told = read_signature(read_module_info(str(module)), "tokenization_info")
  assert told["do_lower_case"] and str(module).encode() in (
    told["vocab_file"].item()
  )


@pytest.mark.parametrize(
  ("tokenizer", "message"),
  [
    (Wordpiece(feature="sentnce"), "names the feature 'sentnce'.*sentence"),
    (Wordpiece(second_feature="sentence"), "name one of the features"),
  ],
)
def test_features_that_do_not_exist_are_named(
  tokens, sentences_csv, tokenizer, message
):
  with pytest.raises(UserError, match=message):
    runs.check(_experiment(tokens, sentences_csv, tokenizer))


def test_numbers_are_not_tokenized(tokens, numbers_npz):
  experiment = _experiment(tokens, numbers_npz, Wordpiece())
  with pytest.raises(UserError, match=r"reads strings; 'x' is float32 \[4\]"):
    runs.check(experiment)


def test_a_module_that_takes_no_ids_is_refused(text, sentences_csv):
  experiment = _experiment(text, sentences_csv, Wordpiece())
  source = ModuleSource(text)
  encoder = encoders.Encoder(source, experiment.encoder.adapter)
  with pytest.raises(UserError, match="this signature takes: default"):
    runs.check(replace(experiment, encoder=encoder))


def test_the_id_of_padding_is_its_line_in_the_vocabulary(tokens, tmp_path):
  info = read_module_info(tokens)
  assert Wordpiece().padding_id(info) == PAD
  other = tmp_path / "vocab.txt"
  other.write_text("[UNK]\n[CLS]\n[SEP]\n[PAD]\ngood\n")
  assert Wordpiece(vocabulary=str(other)).padding_id(info) == 3


def test_without_tensorflow_text_the_extra_is_named(
  tokens, sentences_csv, monkeypatch
):
  real = builtins.__import__

  def absent(name, *args, **kwargs):
    if name == "tensorflow_text":
      raise ImportError(name)
    return real(name, *args, **kwargs)

  monkeypatch.setattr(builtins, "__import__", absent)
  with pytest.raises(UserError, match=r"pip install 'hub-estimator\[text\]'"):
    runs.check(_experiment(tokens, sentences_csv, Wordpiece()))


@pytest.mark.parametrize("length", [2, 0, "128"])
def test_a_length_without_room_for_tokens_is_refused(length):
  with pytest.raises(UserError, match="must be an integer above 2"):
    Wordpiece(max_length=length)


def test_a_signature_with_inputs_or_variables_can_not_be_read(tokens):
  info = read_module_info(tokens)
  with pytest.raises(UserError, match=r"takes inputs \(input_ids, input_mask"):
    read_signature(info, "tokens")
  with pytest.raises(UserError, match="no signature 'tokenization_inf'"):
    read_signature(info, "tokenization_inf")


def test_words_keep_their_places_among_pieces(tokens):
  info = read_module_info(tokens)
  signature = info.signature("tokens")
  words = [
    ["A", "GOODISH", "films!", "", ""],
    ["bad", "\u200b", "film", "the", "bad"],  # The second word has no piece.
    ["films", "films", "goodish", "goodish", "a"],  # The last two are cut.
  ]
  tokenizer = Wordpiece(max_length=8)
  with tf.Graph().as_default(), tf.Session() as session:
    built, firsts = tokenizer.build_words(
      {"words": tf.constant(words)}, signature, info
    )
    session.run(tf.tables_initializer())
    built, firsts = session.run((built, firsts))
  joined = [" ".join(row) for row in words]
  alone = _build(tokens, tokenizer, sentence=joined)
  for name, value in alone.items():
    np.testing.assert_array_equal(built[name], value)
  np.testing.assert_array_equal(
    firsts, [[1, 2, 4, -1, -1], [1, -1, 2, 3, 4], [1, 3, 5, -1, -1]]
  )
  found = built["input_ids"][0][firsts[0][:3]]
  np.testing.assert_array_equal(found, [A, GOOD, FILM])


def test_texts_in_place_of_words_are_refused(tokens):
  info = read_module_info(tokens)
  signature = info.signature("tokens")
  with tf.Graph().as_default():
    text = tf.constant(["a good film"])
    with pytest.raises(UserError, match="'x' holds one text an example"):
      Wordpiece().build_words({"x": text}, signature, info)
    pair = Wordpiece(feature="x", second_feature="y")
    with pytest.raises(UserError, match="second_feature is 'y'"):
      pair.build_words({"x": text, "y": text}, signature, info)
