"""BERT's rules for words, before they are cut into pieces.

They follow BERT's own fine-tuning code,
https://github.com/google-research/bert/blob/master/tokenization.py. The
`BertTokenizer` of tensorflow-text differs: it also replaces compatibility
characters, such as "…" by "...", and knows fewer spaces.
"""

import unicodedata
from types import ModuleType

from hub_estimator.preprocessing.tokenizers.characters import class_of
from hub_estimator.tensorflow_runtime import tf

_LINE_SPACES = "\t\n\r"
_IDEOGRAPHS = (
  (0x3400, 0x4DBF),
  (0x4E00, 0x9FFF),
  (0xF900, 0xFAFF),
  (0x20000, 0x2A6DF),
  (0x2A700, 0x2B73F),
  (0x2B740, 0x2B81F),
  (0x2B820, 0x2CEAF),
  (0x2F800, 0x2FA1F),
)
_LONGEST = 200  # Characters; longer words are unknown.
_UNKNOWN = "[UNK]"


def build_words(
  text: ModuleType, strings: tf.Tensor, *, lowercase: bool
) -> tf.RaggedTensor:
  """Adds the ops that split texts; returns strings [batch, words].

  Args:
    text: the package tensorflow-text.
    strings: UTF-8 [batch].
    lowercase: whether to lowercase, and to drop accents.
  """
  strings = tf.strings.unicode_transcode(
    strings, "UTF-8", "UTF-8", errors="ignore"
  )
  strings = tf.strings.regex_replace(strings, class_of(_is_dropped), "")
  alone = f"({class_of(_is_ideograph)})"
  strings = tf.strings.regex_replace(strings, alone, r" \1 ")
  if lowercase:
    strings = tf.strings.lower(strings, encoding="utf-8")
    strings = text.normalize_utf8(strings, "NFD")
    strings = tf.strings.regex_replace(strings, class_of(_is_accent), "")
  alone = f"({class_of(_is_punctuation)})"
  strings = tf.strings.regex_replace(strings, alone, r" \1 ")
  strings = tf.strings.regex_replace(strings, class_of(str.isspace), " ")
  words = tf.strings.split(strings, result_type="RaggedTensor")
  return tf.ragged.map_flat_values(_build_known, words)


def build_pieces(
  text: ModuleType, words: tf.RaggedTensor, table: object
) -> tf.RaggedTensor:
  """Adds the ops that cut words into pieces; returns int64 [batch, pieces].

  Args:
    text: the package tensorflow-text.
    words: strings [batch, words].
    table: a table of pieces, which has the id of unknown words as its default.
  """
  tokenizer = text.WordpieceTokenizer(
    table,
    max_bytes_per_word=4 * _LONGEST,
    token_out_type=tf.int64,
    unknown_token=_UNKNOWN,
  )
  return tokenizer.tokenize(words).merge_dims(-2, -1)


def _build_known(words: tf.Tensor) -> tf.Tensor:
  """Returns words, "[UNK]" in place of long ones."""
  long = tf.strings.length(words, unit="UTF8_CHAR") > _LONGEST
  return tf.where_v2(long, _UNKNOWN, words)


def _is_dropped(character: str) -> bool:
  if character in ("\0", "\ufffd"):
    return True
  return character not in _LINE_SPACES and (
    unicodedata.category(character) in ("Cc", "Cf")
  )


def _is_accent(character: str) -> bool:
  return unicodedata.category(character) == "Mn"


def _is_ideograph(character: str) -> bool:
  code = ord(character)
  return any(first <= code <= last for first, last in _IDEOGRAPHS)


def _is_punctuation(character: str) -> bool:
  """All of ASCII that is no letter, digit, space or control counts, too."""
  if character.isascii():
    return character.isprintable() and not (
      character.isalnum() or character == " "
    )
  return unicodedata.category(character).startswith("P")
