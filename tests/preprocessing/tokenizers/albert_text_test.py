"""Pieces are those of ALBERT's own rules, in any script."""

import unicodedata

import pytest
import sentencepiece

from hub_estimator.preprocessing.tokenizers import albert_text
from hub_estimator.tensorflow_runtime import tf
from tests import sentencepiece_models

_SPACE = "▁"


def _ids_by_hand(processor, text: str, *, lowercase: bool) -> list[int]:
  """ALBERT's rules, with the package sentencepiece."""
  text = unicodedata.normalize("NFKD", " ".join(text.split()))
  text = "".join(c for c in text if not unicodedata.combining(c))
  found = []
  for piece in processor.encode(
    text.lower() if lowercase else text, out_type=str
  ):
    if piece[-1:] == "," and piece[-2:-1].isdigit():
      number = processor.encode(piece[:-1].replace(_SPACE, ""), out_type=str)
      if piece[0] != _SPACE:
        number[0] = number[0].removeprefix(_SPACE)
      found += [p for p in number if p] + [","]
    else:
      found.append(piece)
  return [processor.piece_to_id(piece) for piece in found]


@pytest.mark.slow
@pytest.mark.parametrize("lowercase", [True, False])
@pytest.mark.parametrize("normalization", ["nmt_nfkc", "identity"])
def test_ids_are_those_of_alberts_rules_on_10000_texts(
  lowercase, normalization
):
  import tensorflow_text

  model = sentencepiece_models.train(normalization=normalization)
  processor = sentencepiece.SentencePieceProcessor(model_proto=model)
  texts = sentencepiece_models.texts(10_000)
  with tf.Graph().as_default(), tf.Session() as session:
    prepared = albert_text.build_prepared(
      tensorflow_text, tf.constant(texts), lowercase=lowercase
    )
    tokenizer = tensorflow_text.SentencepieceTokenizer(model, tf.string)
    built = session.run(albert_text.build_pieces(tokenizer, prepared)).to_list()
  for text, ids in zip(texts, built, strict=True):
    assert ids == _ids_by_hand(processor, text, lowercase=lowercase), repr(text)


def test_a_number_is_split_from_its_comma_within_and_between_words():
  import tensorflow_text

  model = sentencepiece_models.train()
  processor = sentencepiece.SentencePieceProcessor(model_proto=model)
  text = "good3, 12, 5"
  pieces = processor.encode(text, out_type=str)
  assert "3," in pieces and "▁12," in pieces
  with tf.Graph().as_default(), tf.Session() as session:
    tokenizer = tensorflow_text.SentencepieceTokenizer(model, tf.string)
    ids = albert_text.build_pieces(tokenizer, tf.constant([text, ""]))
    built, nothing = session.run(ids).to_list()
  assert nothing == []
  split = [processor.id_to_piece(i) for i in built]
  assert [p for p in split if p == ","] == [",", ","]
  assert "3," not in split and "▁12," not in split
