"""Vocabularies: the tokens of a BERT-like module, found and checked."""

import dataclasses
import os

from hub_estimator import word_files
from hub_estimator.errors import UserError
from hub_estimator.modules import (
  ModuleInfo,
  is_sentencepiece,
  read_tokenization,
)

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")


@dataclasses.dataclass(frozen=True)
class Vocabulary:
  """A vocabulary file and how text is prepared for it.

  Attributes:
    path: a file with one token a line.
    lowercase: whether text becomes lowercase first.
    special: line numbers of [PAD], [UNK], [CLS] and [SEP], from 0.
  """

  path: str
  lowercase: bool
  special: dict[str, int]


def find_vocabulary(
  info: ModuleInfo, *, path: str | None, lowercase: bool | None
) -> Vocabulary:
  """Returns the vocabulary to use with a module.

  Args:
    info: the module.
    path: a vocabulary file; None uses the module's own, which its signature
      "tokenization_info" names or which is its asset vocab.txt.
    lowercase: None uses the value in the module's "tokenization_info".

  Raises:
    UserError: there is no vocabulary, it lacks a special token, or the module
      doesn't say whether its tokens are lowercase.
  """
  told = None
  if path is None or lowercase is None:
    told = read_tokenization(info)
  if path is not None:
    found = os.path.expanduser(path)
  else:
    assert told is not None
    found = told.vocabulary or told.model or ""
    if not found:
      raise UserError(
        f"Module {info.handle!r} has no signature 'tokenization_info' and no "
        "asset vocab.txt; set tokenizers.wordpiece.vocabulary."
      )
  if not os.path.isfile(found):
    raise UserError(f"tokenizers.wordpiece: no vocabulary file {found!r}.")
  if is_sentencepiece(found):
    raise UserError(
      f"tokenizers.wordpiece: {found} is a SentencePiece model, not a "
      "vocabulary; set adapter.tokenizer = @tokenizers.sentencepiece()."
    )
  if lowercase is None:
    assert told is not None
    if told.lowercase is None:
      raise UserError(
        f"Module {info.handle!r} doesn't say whether its tokens are lowercase; "
        "set tokenizers.wordpiece.lowercase."
      )
    lowercase = told.lowercase
  return Vocabulary(found, lowercase, _special_tokens(found))


def _special_tokens(path: str) -> dict[str, int]:
  """Returns the line numbers of the special tokens, from 0."""
  lines = word_files.read_words(path, "tokenizers.wordpiece.vocabulary")
  missing = sorted(set(_SPECIAL) - set(lines))
  if missing:
    raise UserError(
      f"{path} is not a BERT vocabulary: it lacks {', '.join(missing)}."
    )
  return {token: lines.index(token) for token in _SPECIAL}
