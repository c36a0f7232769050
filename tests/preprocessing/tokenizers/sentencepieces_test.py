"""Strings become the ids of a SentencePiece model, in training and when served."""

import shutil

import numpy as np
import pytest
import sentencepiece

from hub_estimator import exporting, runs
from hub_estimator.errors import UserError
from hub_estimator.model import encoders
from hub_estimator.modules import ModuleSource, read_module_info
from hub_estimator.preprocessing import Adapter
from hub_estimator.preprocessing.tokenizers import Sentencepiece
from hub_estimator.tensorflow_runtime import tf
from tests import module_zoo, sentencepiece_models
from tests.small_runs import make_experiment, replace

COVERS = ("texts", "models")

PAD, CLS, SEP = 0, 2, 3


@pytest.fixture(scope="module")
def albert(tmp_path_factory) -> str:
  return module_zoo.albert(tmp_path_factory.mktemp("m") / "albert")


@pytest.fixture(scope="module")
def use_lite(tmp_path_factory) -> str:
  return module_zoo.use_lite(tmp_path_factory.mktemp("m") / "use_lite")


def _processor(**choices):
  model = sentencepiece_models.train(**choices)
  return sentencepiece.SentencePieceProcessor(model_proto=model)


def _build(handle, tokenizer, signature="tokens", **features):
  info = read_module_info(handle)
  with tf.Graph().as_default(), tf.Session() as session:
    built = tokenizer.build(
      {k: tf.constant(v) for k, v in features.items()},
      info.signature(signature),
      info,
    )
    return session.run(built)


def test_a_sentence_becomes_ids_mask_and_segments(albert):
  got = _build(albert, Sentencepiece(max_length=6), s=["Good film", ""])
  good, film = _processor().encode("good film")
  np.testing.assert_array_equal(
    got["input_ids"],
    [[CLS, good, film, SEP, PAD, PAD], [CLS, SEP, PAD, PAD, PAD, PAD]],
  )
  np.testing.assert_array_equal(
    got["input_mask"], [[1, 1, 1, 1, 0, 0], [1, 1, 0, 0, 0, 0]]
  )
  assert not got["segment_ids"].any()


def test_a_pair_has_two_segments_and_the_longer_one_is_cut(albert):
  tokenizer = Sentencepiece(feature="a", second_feature="b", max_length=7)
  got = _build(albert, tokenizer, a=["good"], b=["bad film bad film bad"])
  good, bad, film = _processor().encode("good bad film")
  assert got["input_ids"].tolist() == [[CLS, good, SEP, bad, film, bad, SEP]]
  assert got["segment_ids"].tolist() == [[0, 0, 0, 1, 1, 1, 1]]


def test_without_rules_the_ids_are_those_of_sentencepiece_on_10000_texts(
  tmp_path,
):
  albert = module_zoo.albert(tmp_path / "m", tokenization_info=False)
  texts = sentencepiece_models.texts(10_000)
  got = _build(albert, Sentencepiece(max_length=200), s=texts)
  expected = _processor().encode(texts)
  for text, ids, mask, pieces in zip(
    texts, got["input_ids"], got["input_mask"], expected, strict=True
  ):
    assert ids[mask == 1].tolist() == [CLS, *pieces, SEP], repr(text)
    assert (ids[mask == 0] == PAD).all()


def test_use_lite_gets_the_parts_of_a_sparse_tensor(use_lite):
  texts = ["good film", "", "a film, a bad one"]
  got = _build(use_lite, Sentencepiece(), "default", s=texts)
  expected = _processor(albert=False).encode(texts)
  lengths = [len(row) for row in expected]
  assert got["values"].tolist() == sum(expected, [])
  assert got["indices"].tolist() == [
    [row, i] for row, length in enumerate(lengths) for i in range(length)
  ]
  assert got["dense_shape"].tolist() == [3, max(lengths)]
  cut = _build(use_lite, Sentencepiece(max_length=3), "default", s=texts)
  assert cut["values"].tolist() == [i for row in expected for i in row[:3]]


def test_use_lite_takes_10000_texts_as_sentencepiece_does(use_lite):
  texts = sentencepiece_models.texts(10_000, seed=2)
  got = _build(use_lite, Sentencepiece(max_length=999), "default", s=texts)
  expected = _processor(albert=False).encode(texts)
  assert got["values"].tolist() == sum(expected, [])
  counts = np.bincount(got["indices"][:, 0], minlength=len(texts))
  assert counts.tolist() == [len(row) for row in expected]


def test_a_model_of_ones_own_replaces_the_modules(albert):
  with sentencepiece_models.written(normalization="identity") as path:
    tokenizer = Sentencepiece(model=path, lowercase=False, max_length=9)
    got = _build(albert, tokenizer, s=["ﬁne"])
  ids = _processor(normalization="identity").encode("fine")
  assert got["input_ids"][0, : len(ids) + 2].tolist() == [CLS, *ids, SEP]


def test_padding_is_that_of_the_model(albert):
  assert Sentencepiece().padding_id(read_module_info(albert)) == PAD


def test_a_model_without_alberts_tokens_is_refused(albert):
  with sentencepiece_models.written(albert=False) as path:
    tokenizer = Sentencepiece(model=path)
    with pytest.raises(UserError, match=r"it lacks \[CLS\], \[SEP\], <pad>"):
      _build(albert, tokenizer, s=["good"])


def test_a_model_that_is_none_or_damaged_is_refused(albert, tmp_path):
  path = tmp_path / "words.model"
  with pytest.raises(UserError, match="No such file"):
    _build(albert, Sentencepiece(model=str(path)), s=["good"])
  path.write_bytes(sentencepiece_models.train()[:1000])
  with pytest.raises(UserError, match="isn't a SentencePiece model"):
    _build(albert, Sentencepiece(model=str(path)), s=["good"])


def test_pairs_for_use_lite_are_refused(use_lite, sentences_csv):
  experiment = make_experiment(use_lite, sentences_csv)
  tokenizer = Sentencepiece(feature="sentence", second_feature="sentence")
  encoder = encoders.Encoder(
    ModuleSource(use_lite), Adapter(tokenizer=tokenizer)
  )
  with pytest.raises(UserError, match="takes no pairs"):
    runs.check(replace(experiment, encoder=encoder))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["albert", "use_lite"])
def test_a_run_learns_and_serves_strings_without_its_module(
  kind, sentences_csv, tmp_path
):
  handle = getattr(module_zoo, kind)(tmp_path / "m")
  if kind == "albert":
    source = ModuleSource(handle, signature="tokens", output="pooled_output")
  else:
    source = ModuleSource(handle)
  experiment = replace(
    make_experiment(handle, sentences_csv),
    encoder=encoders.Encoder(
      source, Adapter(tokenizer=Sentencepiece(max_length=8))
    ),
    exports=exporting.Exports(["final"]),
    max_steps=60,
    eval_every_steps=60,
  )
  result = runs.train(experiment, str(tmp_path / "run"))
  assert result.metrics["accuracy"] == 1.0
  shutil.rmtree(handle)
  model = tmp_path / "run" / result.exports["final"]["model"]
  served = tf.saved_model.load_v2(str(model)).signatures["serving_default"]
  found = served(sentence=tf.constant(["a good film", "the bad film"]))
  assert found["class_ids"].numpy().ravel().tolist() == [1, 0]
  module = next((tmp_path / "run/export/final/module").glob("*/module"))
  assert (module / "assets" / "words.model").exists()


def test_words_keep_their_places_among_pieces(albert):
  info = read_module_info(albert)
  words = [["good", "goodbad", "film", "bad"], ["film", "", "", ""]]
  tokenizer = Sentencepiece(max_length=6)
  with tf.Graph().as_default(), tf.Session() as session:
    built, firsts = session.run(
      tokenizer.build_words(
        {"words": tf.constant(words)}, info.signature("tokens"), info
      )
    )
  pieces = [_processor().encode(word) for word in words[0]]
  assert len(pieces[1]) > 1
  flat = [CLS, *[piece for word in pieces for piece in word]]
  assert built["input_ids"][0].tolist() == [*flat[:5], SEP]
  starts = np.cumsum([1, *[len(p) for p in pieces[:-1]]])
  assert firsts[0].tolist() == [s if s < 5 else -1 for s in starts]
  assert firsts[0].tolist()[-1] == -1
  assert firsts[1].tolist() == [1, -1, -1, -1]
