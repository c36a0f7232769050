"""What a module tells of its tokens: a vocabulary or a SentencePiece model."""

import dataclasses
import functools
import os
import pathlib
from collections.abc import Iterable

import numpy as np

from hub_estimator.errors import UserError
from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.modules.signature_values import read_signature

# Signatures without inputs: BERT's and ALBERT's, and that of USE-lite.
_DESCRIPTION = "tokenization_info"
_MODEL_PATH = "spm_path"


@dataclasses.dataclass(frozen=True)
class Tokenization:
  """What a module tells of its tokens.

  Attributes:
    vocabulary: a file with one token a line; None if it tells none.
    model: a file with a SentencePiece model; None if it tells none.
    lowercase: whether text becomes lowercase first; None if it doesn't say.
    source: where it tells the file, for messages.
  """

  vocabulary: str | None
  model: str | None
  lowercase: bool | None
  source: str


def read_tokenization(info: ModuleInfo) -> Tokenization:
  """Returns what a module tells of its tokens.

  It tells files by its signatures "tokenization_info" and "spm_path", else by its
  assets: vocab.txt, or a SentencePiece model under any name.

  Args:
    info: the module's description.

  Raises:
    UserError: a signature can't be read, or several assets are SentencePiece
      models.
  """
  return _read(_Stored(info.path, info.fingerprint, info))


@dataclasses.dataclass(frozen=True)
class _Stored:
  """A module, known by its files."""

  path: str | None
  fingerprint: str
  info: ModuleInfo = dataclasses.field(compare=False)


@functools.lru_cache(maxsize=32)
def _read(stored: _Stored) -> Tokenization:
  """Reads what a module tells, once: its graph may be large."""
  info = stored.info
  variant = info.default_variant()
  tags = sorted(variant.tags)
  lowercase = None
  for name in (_DESCRIPTION, _MODEL_PATH):
    if name not in variant.signatures:
      continue
    values = read_signature(info, name, tags=tags)
    if "do_lower_case" in values:
      lowercase = bool(values["do_lower_case"])
    path = _file_named(values)
    if path is not None:
      return _of_file(path, lowercase, f"its signature {name!r}")
  path = _asset(info)
  if path is not None:
    return _of_file(path, lowercase, f"its asset {os.path.basename(path)}")
  return Tokenization(None, None, lowercase, "nothing")


def is_sentencepiece(path: str) -> bool:
  """Returns whether a file is a SentencePiece model, by its first piece.

  Args:
    path: of a file.

  Raises:
    UserError: it can't be read.
  """
  try:
    with open(path, "rb") as file:
      head = file.read(256)
  except OSError as error:
    raise UserError(f"{path!r} can't be read: {error.strerror}.") from error
  # A message in field 1 that starts with a string in field 1, and then has a float
  # in field 2. A text file doesn't hold such control characters.
  if len(head) < 5 or head[0] != 0x0A or head[2] != 0x0A:
    return False
  after = 4 + head[3]
  return after + 5 <= 2 + head[1] and head[after : after + 1] == b"\x15"


def _of_file(path: str, lowercase: bool | None, source: str) -> Tokenization:
  if is_sentencepiece(path):
    return Tokenization(None, path, lowercase, source)
  return Tokenization(path, None, lowercase, source)


def _file_named(values: dict[str, np.ndarray]) -> str | None:
  """Returns the file that a signature's values name, or None."""
  for _, value in sorted(values.items()):
    if value.dtype.kind in "OS" and value.size == 1:
      path = os.fsdecode(value.item())
      if os.path.isfile(path):
        return path
  return None


def _asset(info: ModuleInfo) -> str | None:
  """Returns the asset that describes tokens, or None."""
  if info.path is None:
    return None
  assets = pathlib.Path(info.path) / "assets"
  files = sorted(path for path in assets.rglob("*") if path.is_file())
  models = [str(p) for p in files if is_sentencepiece(str(p))]
  if len(models) > 1:
    raise UserError(
      f"Module {info.handle!r} has {len(models)} SentencePiece models: "
      f"{_names(models)}; set tokenizers.sentencepiece.model to one."
    )
  vocabularies = [str(p) for p in files if p.name == "vocab.txt"]
  return next(iter([*vocabularies, *models]), None)


def _names(paths: Iterable[str]) -> str:
  return ", ".join(os.path.basename(path) for path in paths)
