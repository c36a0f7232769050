"""ALBERT's rules around a SentencePiece model: before it and after it.

They follow ALBERT's own fine-tuning code,
https://github.com/google-research/albert/blob/master/tokenization.py.
"""

import unicodedata
from types import ModuleType

from hub_estimator.preprocessing.tokenizers.characters import class_of
from hub_estimator.tensorflow_runtime import tf

_SPACE = "\u2581"  # How SentencePiece writes a space.


def build_prepared(
  text: ModuleType, strings: tf.Tensor, *, lowercase: bool
) -> tf.Tensor:
  """Adds the ops that join spaces, drop accents and lowercase.

  Args:
    text: the package tensorflow-text.
    strings: UTF-8 [batch].
    lowercase: whether to lowercase.
  """
  spaces = class_of(str.isspace)
  strings = tf.strings.regex_replace(strings, f"{spaces}+", " ")
  strings = tf.strings.strip(strings)
  strings = text.normalize_utf8(strings, "NFKD")
  accents = class_of(_is_accent)
  strings = tf.strings.regex_replace(strings, f"{accents}+", "")
  if lowercase:
    strings = tf.strings.lower(strings, encoding="utf-8")
  return strings


def build_pieces(tokenizer: tf.Module, strings: tf.Tensor) -> tf.RaggedTensor:
  """Adds the ops that tokenize; returns ids int32 [batch, pieces].

  A piece that ends in a digit and a comma becomes the pieces of the number, and the
  comma.

  Args:
    tokenizer: a `SentencepieceTokenizer` that returns strings.
    strings: UTF-8 [batch].
  """
  pieces = tokenizer.tokenize(strings)
  flat = pieces.flat_values
  joined = tf.strings.regex_full_match(flat, f"(?s).*{class_of(str.isdigit)},")
  numbers = tf.boolean_mask(flat, joined)
  bare = tf.strings.regex_replace(numbers, f"{_SPACE}|,$", "")
  again = tokenizer.tokenize(bare)
  inside = tf.strings.regex_full_match(numbers, f"(?s)[^{_SPACE}].*")
  again = tf.RaggedTensor.from_row_splits(
    _without_first_spaces(again, inside), again.row_splits
  )
  again = tf.ragged.boolean_mask(again, tf.not_equal(again, ""))
  split = tf.concat([again, tf.fill([tf.size(numbers), 1], ",")], axis=1)
  kept = tf.boolean_mask(flat, ~joined)[:, tf.newaxis]
  rows = tf.concat([tf.where_v2(~joined)[:, 0], tf.where_v2(joined)[:, 0]], 0)
  found = tf.concat([tf.RaggedTensor.from_tensor(kept), split], axis=0)
  found = tf.gather(found, tf.argsort(rows))
  return tokenizer.string_to_id(
    tf.RaggedTensor.from_row_splits(found, pieces.row_splits).merge_dims(1, 2)
  )


def _without_first_spaces(
  pieces: tf.RaggedTensor, rows: tf.Tensor
) -> tf.Tensor:
  """Returns all pieces, the first of marked rows without its leading space."""
  firsts = tf.equal(tf.ragged.range(pieces.row_lengths()).flat_values, 0)
  marked = firsts & tf.gather(rows, pieces.value_rowids())
  flat = pieces.flat_values
  return tf.where_v2(
    marked, tf.strings.regex_replace(flat, f"^{_SPACE}", ""), flat
  )


def _is_accent(character: str) -> bool:
  return unicodedata.combining(character) > 0
