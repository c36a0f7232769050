"""Vocabularies: the tokens of a BERT-like module, found and checked."""

import dataclasses
import os
import pathlib

import numpy as np

from hub_estimator import word_files
from hub_estimator.errors import UserError
from hub_estimator.modules import ModuleInfo, read_signature

_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
# A signature without inputs in which modules describe their tokens.
_DESCRIPTION = "tokenization_info"


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
  described = {}
  if _DESCRIPTION in info.variant().signatures:
    described = read_signature(info, _DESCRIPTION)
  found = _find_file(info, path, described)
  if lowercase is None:
    if "do_lower_case" not in described:
      raise UserError(
        f"Module {info.handle!r} doesn't say whether its tokens are lowercase; "
        "set tokenizers.wordpiece.lowercase."
      )
    lowercase = bool(described["do_lower_case"])
  return Vocabulary(found, lowercase, _special_tokens(found))


def _find_file(
  info: ModuleInfo, path: str | None, described: dict[str, np.ndarray]
) -> str:
  found = path and os.path.expanduser(path)
  if found is None and "vocab_file" in described:
    found = os.fsdecode(described["vocab_file"].item())
  if found is None and info.path is not None:
    assets = pathlib.Path(info.path) / "assets"
    held = sorted(assets.rglob("vocab.txt"))
    found = str(held[0]) if held else None
  if found is None:
    raise UserError(
      f"Module {info.handle!r} has no signature {_DESCRIPTION!r} and no asset "
      "vocab.txt; set tokenizers.wordpiece.vocabulary."
    )
  if not os.path.isfile(found):
    raise UserError(f"tokenizers.wordpiece: no vocabulary file {found!r}.")
  return found


def _special_tokens(path: str) -> dict[str, int]:
  """Returns the line numbers of the special tokens, from 0."""
  lines = word_files.read_words(path, "tokenizers.wordpiece.vocabulary")
  missing = sorted(set(_SPECIAL) - set(lines))
  if missing:
    raise UserError(
      f"{path} is not a BERT vocabulary: it lacks {', '.join(missing)}."
    )
  return {token: lines.index(token) for token in _SPECIAL}
