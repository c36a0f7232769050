"""Words and pieces are those of BERT's own rules, in any script."""

import unicodedata

import numpy as np

from hub_estimator.preprocessing.tokenizers import bert_text
from hub_estimator.tensorflow_runtime import tf
from tests import sentencepiece_models

COVERS = ("characters",)

_UNKNOWN = "[UNK]"


def _words_by_hand(string: str, *, lowercase: bool) -> list[str]:
  """BERT's rules, one character at a time."""
  spaced = ""
  for c in string:
    category = unicodedata.category(c)
    if c in "\t\n\r" or category == "Zs":
      spaced += " "
    elif c not in "\0\ufffd" and category not in ("Cc", "Cf"):
      spaced += f" {c} " if _is_cjk(c) else c
  words = []
  for word in spaced.split():
    if lowercase:
      decomposed = unicodedata.normalize("NFD", word.lower())
      word = "".join(c for c in decomposed if unicodedata.category(c) != "Mn")
    split = "".join(f" {c} " if _is_punctuation(c) else c for c in word)
    words += split.split()
  return words


def _is_cjk(c: str) -> bool:
  return "CJK" in unicodedata.name(c, "") and "IDEOGRAPH" in unicodedata.name(c)


def _is_punctuation(c: str) -> bool:
  ascii_ones = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
  return c in ascii_ones or unicodedata.category(c)[0] == "P"


def _pieces_by_hand(word: str, vocabulary: dict[str, int]) -> list[int]:
  found, rest, prefix = [], word, ""
  while rest and len(word) <= 200:
    ends = [
      n for n in range(len(rest), 0, -1) if prefix + rest[:n] in vocabulary
    ]
    if not ends:
      return [vocabulary[_UNKNOWN]]
    found.append(vocabulary[prefix + rest[: ends[0]]])
    rest, prefix = rest[ends[0] :], "##"
  return found or [vocabulary[_UNKNOWN]]


def _built_words(texts, *, lowercase):
  import tensorflow_text

  with tf.Graph().as_default(), tf.Session() as session:
    words = session.run(
      bert_text.build_words(
        tensorflow_text, tf.constant(texts), lowercase=lowercase
      )
    )
  return [[w.decode() for w in row] for row in words.to_list()]


def _check_words(texts, *, lowercase):
  built = _built_words(texts, lowercase=lowercase)
  for text, words in zip(texts, built, strict=True):
    assert words == _words_by_hand(text, lowercase=lowercase), repr(text)


def test_words_in_lowercase_are_those_of_berts_rules_on_10000_texts():
  _check_words(sentencepiece_models.texts(10_000), lowercase=True)


def test_cased_words_are_those_of_berts_rules_on_10000_texts():
  _check_words(sentencepiece_models.texts(10_000, seed=1), lowercase=False)


def test_an_ellipsis_stays_one_word_and_accents_go_with_the_case():
  text = ["It's… Caf\u00e9\u00a0½ ﬁne\u2028日本"]
  assert _built_words(text, lowercase=True) == [
    ["it", "'", "s", "…", "cafe", "½", "ﬁne", "日", "本"]
  ]
  assert _built_words(text, lowercase=False)[0][4] == "Café"


def test_bytes_that_are_not_utf8_are_dropped():
  assert _built_words([b"go\xffod \xc3"], lowercase=True) == [["good"]]


def test_pieces_are_the_longest_from_the_left():
  import tensorflow_text

  rng = np.random.default_rng(0)
  letters = "abc日é"
  parts = ["".join(rng.choice(list(letters), n)) for n in (1, 2, 3) * 8]
  pieces = [_UNKNOWN, *dict.fromkeys([*parts, *(f"##{p}" for p in parts)])]
  vocabulary = {piece: i for i, piece in enumerate(pieces)}
  words = [
    "".join(rng.choice(list(letters), n)) for n in range(1, 12) for _ in "12"
  ]
  words += ["a" * 200, "a" * 201, "日" * 200, "x"]
  with tf.Graph().as_default(), tf.Session() as session:
    table = tf.lookup.StaticHashTable(
      tf.lookup.KeyValueTensorInitializer(
        tf.constant(pieces), tf.range(len(pieces), dtype=tf.int64)
      ),
      0,
    )
    split = bert_text.build_words(
      tensorflow_text, tf.constant(words), lowercase=False
    )
    built = bert_text.build_pieces(tensorflow_text, split, table)
    session.run(tf.tables_initializer())
    found = session.run(built).to_list()
  for word, ids in zip(words, found, strict=True):
    by_hand = [
      i
      for part in _words_by_hand(word, lowercase=False)
      for i in _pieces_by_hand(part, vocabulary)
    ]
    assert ids == by_hand, word
