"""Strings -> the token ids that a BERT-like module reads, in the graph."""

import dataclasses
import os
import pathlib
from collections.abc import Mapping
from typing import Any

import gin

from hub_estimator.errors import UserError, nearest
from hub_estimator.modules import (
  ModuleInfo,
  SignatureInfo,
  TensorInfo,
  read_signature,
)
from hub_estimator.tensorflow_runtime import tf

# What modules call these inputs; the newer names are those of SavedModels.
_IDS = ("input_ids", "input_word_ids")
_MASK = ("input_mask", "attention_mask")
_SEGMENTS = ("segment_ids", "input_type_ids", "token_type_ids")
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
# A signature without inputs that modules tell about their tokens with.
_TOLD_BY = "tokenization_info"


@gin.register("wordpiece", module="tokenizers")
@dataclasses.dataclass(frozen=True)
class Wordpiece:
  """BERT's tokens: `[CLS] first [SEP]`, or `[CLS] first [SEP] second [SEP]`.

  Needs tensorflow-text (`pip install 'hub-estimator[text]'`), whose ops are in
  the exported full model: what serves it needs them as well.

  Attributes:
    feature: strings [batch]; None means the only one.
    second_feature: of the pair, in the second segment; None for one sentence.
    max_length: tokens of an example, those in brackets included. Longer ones are
      cut, of a pair the longer sentence first.
    vocabulary: a file with one token a line; None takes the module's own: what
      its signature "tokenization_info" names, or its asset of the name vocab.txt.
    lowercase: None takes what the module's "tokenization_info" says.
  """

  feature: str | None = None
  second_feature: str | None = None
  max_length: int = 128
  vocabulary: str | None = None
  lowercase: bool | None = None

  def __post_init__(self):
    least = 2 if self.second_feature is None else 3
    if not isinstance(self.max_length, int) or self.max_length <= least:
      raise UserError(
        f"tokenizers.wordpiece.max_length is {self.max_length!r}; it is an integer "
        f"above {least}, the tokens in brackets."
      )

  def strings(self, features: Mapping) -> list[str]:
    """Returns the names of the features that are tokenized.

    Raises:
      UserError: one doesn't exist, or the only one isn't alone.
    """
    first = self.feature
    if first is None:
      others = [name for name in features if name != self.second_feature]
      if len(others) != 1:
        raise UserError(
          "tokenizers.wordpiece.feature: name one of the features "
          f"{', '.join(sorted(features))}."
        )
      (first,) = others
    names = [first] + [self.second_feature] * (self.second_feature is not None)
    for name in names:
      if name not in features:
        raise UserError(
          f"tokenizers.wordpiece names the feature {name!r}; "
          + nearest(name, features)
        )
    return names

  def inputs(self, signature: SignatureInfo) -> dict[str, str]:
    """Returns the signature's input for "ids", "mask" and "segments".

    Raises:
      UserError: it takes no token ids, or has an input that is none of them.
    """
    found = {}
    for name in signature.inputs:
      for role, known in (
        ("ids", _IDS),
        ("mask", _MASK),
        ("segments", _SEGMENTS),
      ):
        if name in known:
          found[role] = name
    if "ids" not in found:
      raise UserError(
        "tokenizers.wordpiece feeds modules that take token ids as "
        f"{' or '.join(map(repr, _IDS))}; this signature takes: "
        f"{', '.join(sorted(signature.inputs)) or 'nothing'}."
      )
    return found

  def specs(self, features: Mapping, signature: SignatureInfo) -> dict:
    """Returns the features that the module sees, by its own names.

    Args:
      features: types of one example's features.
      signature: of the module.

    Raises:
      UserError: a feature isn't a string, or the signature doesn't fit.
    """
    for name in self.strings(features):
      if features[name].dtype != "string":
        raise UserError(
          f"tokenizers.wordpiece reads strings; {name!r} is {features[name]}."
        )
    ids = TensorInfo("int64", (self.max_length,))
    return dict.fromkeys(self.inputs(signature).values(), ids)

  def build(
    self,
    features: Mapping[str, tf.Tensor],
    signature: SignatureInfo,
    info: ModuleInfo,
  ) -> dict[str, tf.Tensor]:
    """Adds the ops.

    Args:
      features: strings [batch] or [batch, 1] by name.
      signature: of the module.
      info: what the module offers; its vocabulary is read.

    Returns:
      int64 [batch, max_length] by the signature's names.

    Raises:
      UserError: there is no vocabulary, or tensorflow-text isn't installed.
    """
    text = _tensorflow_text()
    vocabulary, lowercase = self._find(info)
    special = _places_of_special_tokens(vocabulary)
    table = tf.lookup.StaticHashTable(
      tf.lookup.TextFileInitializer(
        vocabulary,
        tf.string,
        tf.lookup.TextFileIndex.WHOLE_LINE,
        tf.int64,
        tf.lookup.TextFileIndex.LINE_NUMBER,
      ),
      special["[UNK]"],
    )
    tokenizer = text.BertTokenizer(
      table, lower_case=lowercase, token_out_type=tf.int64
    )
    segments = [
      # Words of tokens -> tokens.
      tokenizer.tokenize(tf.reshape(features[name], [-1])).merge_dims(-2, -1)
      for name in self.strings(features)
    ]
    room = self.max_length - 1 - len(segments)
    segments = text.RoundRobinTrimmer(room).trim(segments)
    ids, types = text.combine_segments(
      segments, special["[CLS]"], special["[SEP]"]
    )
    padded, mask = text.pad_model_inputs(
      ids, self.max_length, pad_value=special["[PAD]"]
    )
    types, _ = text.pad_model_inputs(types, self.max_length)
    made = {"ids": padded, "mask": mask, "segments": types}
    return {
      name: tf.ensure_shape(
        tf.cast(made[role], tf.int64), [None, self.max_length]
      )
      for role, name in self.inputs(signature).items()
    }

  def _find(self, info: ModuleInfo) -> tuple[str, bool]:
    """Returns (path of the vocabulary, whether text is lowercased)."""
    told = {}
    if _TOLD_BY in info.variant().signatures:
      told = read_signature(info, _TOLD_BY)
    vocabulary = self.vocabulary and os.path.expanduser(self.vocabulary)
    if vocabulary is None and "vocab_file" in told:
      vocabulary = os.fsdecode(told["vocab_file"].item())
    if vocabulary is None and info.path is not None:
      assets = pathlib.Path(info.path) / "assets"
      held = sorted(assets.rglob("vocab.txt"))
      vocabulary = str(held[0]) if held else None
    if vocabulary is None:
      raise UserError(
        f"Module {info.handle!r} has no signature {_TOLD_BY!r} and no asset "
        "vocab.txt; set tokenizers.wordpiece.vocabulary."
      )
    if not os.path.isfile(vocabulary):
      raise UserError(
        f"tokenizers.wordpiece: no vocabulary file {vocabulary!r}."
      )
    lowercase = self.lowercase
    if lowercase is None:
      if "do_lower_case" not in told:
        raise UserError(
          f"Module {info.handle!r} doesn't say whether its tokens are lowercase; "
          "set tokenizers.wordpiece.lowercase."
        )
      lowercase = bool(told["do_lower_case"])
    return vocabulary, lowercase


def _places_of_special_tokens(vocabulary: str) -> dict[str, int]:
  lines = pathlib.Path(vocabulary).read_text(encoding="utf-8").split("\n")
  missing = sorted(set(_SPECIAL) - set(lines))
  if missing:
    raise UserError(
      f"{vocabulary} is no vocabulary of BERT's: it lacks {', '.join(missing)}."
    )
  return {token: lines.index(token) for token in _SPECIAL}


def _tensorflow_text() -> Any:
  try:
    import tensorflow_text
  except ImportError as error:
    raise UserError(
      "tokenizers.wordpiece needs tensorflow-text: pip install "
      "'hub-estimator[text]'."
    ) from error
  return tensorflow_text
