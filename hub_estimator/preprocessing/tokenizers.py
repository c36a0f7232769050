"""Tokenizers: strings -> the token ids of BERT-like modules, in the graph.

In Python each part has its gin name, too: `tokenizers.wordpiece` is
`tokenizers.Wordpiece`.
"""

import dataclasses
from collections.abc import Mapping
from types import ModuleType
from typing import Any

import gin

from hub_estimator import word_files
from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs import FeatureSpec
from hub_estimator.modules import ModuleInfo, SignatureInfo, TensorInfo
from hub_estimator.preprocessing.token_inputs import find_token_inputs
from hub_estimator.preprocessing.vocabularies import (
  Vocabulary,
  find_vocabulary,
)
from hub_estimator.tensorflow_runtime import tf


@gin.register("wordpiece", module="tokenizers")
@dataclasses.dataclass(frozen=True)
class Wordpiece:
  """BERT's tokens: `[CLS] first [SEP]`, or `[CLS] first [SEP] second [SEP]`.

  Needs tensorflow-text (`pip install 'hub-estimator[text]'`). The exported full
  model contains its ops, so a server of that model needs tensorflow-text, too.

  Attributes:
    feature: strings [batch]; None means the only feature.
    second_feature: strings for the second segment of a pair; None for single
      sentences.
    max_length: tokens of an example, including those in brackets. Longer
      examples are cut; in a pair, the longer sentence first.
    vocabulary: a file with one token a line. None uses the module's own, which
      its signature "tokenization_info" names or which is its asset vocab.txt.
    lowercase: None uses the value in the module's "tokenization_info".
  """

  feature: str | None = None
  second_feature: str | None = None
  max_length: int = 128
  vocabulary: str | None = None
  lowercase: bool | None = None

  def __post_init__(self) -> None:
    least = 2 if self.second_feature is None else 3
    if not isinstance(self.max_length, int) or self.max_length <= least:
      raise UserError(
        f"tokenizers.wordpiece.max_length is {self.max_length!r}; it must be "
        f"an integer above {least}, the number of tokens in brackets."
      )

  def strings(self, features: Mapping[str, object]) -> list[str]:
    """Returns the names of the features that are tokenized.

    Args:
      features: by name; only the names matter.

    Raises:
      UserError: a feature doesn't exist, or `feature` is None and several could
        be meant.
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
    names = [first]
    if self.second_feature is not None:
      names.append(self.second_feature)
    for name in names:
      if name not in features:
        raise UserError(
          f"tokenizers.wordpiece names the feature {name!r}; "
          + nearest(name, features)
        )
    return names

  def specs(
    self, features: Mapping[str, FeatureSpec], signature: SignatureInfo
  ) -> dict[str, TensorInfo]:
    """Returns the types of the module's inputs, for one example.

    Args:
      features: types of one example's features, by name.
      signature: the module's signature.

    Raises:
      UserError: a feature isn't a string, or the signature takes no token ids.
    """
    for name in self.strings(features):
      if features[name].dtype != "string":
        raise UserError(
          f"tokenizers.wordpiece reads strings; {name!r} is {features[name]}."
        )
    ids = TensorInfo("int64", (self.max_length,))
    return dict.fromkeys(find_token_inputs(signature).values(), ids)

  def build(
    self,
    features: Mapping[str, tf.Tensor],
    signature: SignatureInfo,
    info: ModuleInfo,
  ) -> dict[str, tf.Tensor]:
    """Adds the ops that tokenize.

    Args:
      features: strings [batch] or [batch, 1] by name.
      signature: the module's signature.
      info: the module, whose vocabulary is read.

    Returns:
      int64 [batch, max_length] by the signature's names.

    Raises:
      UserError: there is no vocabulary, or tensorflow-text isn't installed.
    """
    text = _tensorflow_text()
    vocabulary = find_vocabulary(
      info, path=self.vocabulary, lowercase=self.lowercase
    )
    tokenizer = _build_tokenizer(text, vocabulary)
    segments = [
      # Tokens by word become tokens.
      tokenizer.tokenize(tf.reshape(features[name], [-1])).merge_dims(-2, -1)
      for name in self.strings(features)
    ]
    built = self._join(text, segments, vocabulary.special)
    return {
      name: tf.ensure_shape(
        tf.cast(built[role], tf.int64), [None, self.max_length]
      )
      for role, name in find_token_inputs(signature).items()
    }

  def padding_id(self, info: ModuleInfo) -> int:
    """Returns the id that fills up short examples.

    Args:
      info: the module, whose vocabulary is read.

    Raises:
      UserError: there is no vocabulary.
    """
    vocabulary = find_vocabulary(
      info, path=self.vocabulary, lowercase=self.lowercase
    )
    return vocabulary.special["[PAD]"]

  def _join(
    self,
    text: ModuleType,
    segments: list[tf.RaggedTensor],
    special: Mapping[str, int],
  ) -> dict[str, tf.Tensor]:
    """Returns ids, mask and segment numbers of the segments, cut and padded."""
    room = self.max_length - 1 - len(segments)
    segments = text.RoundRobinTrimmer(room).trim(segments)
    ids, numbers = text.combine_segments(
      segments, special["[CLS]"], special["[SEP]"]
    )
    padded, mask = text.pad_model_inputs(
      ids, self.max_length, pad_value=special["[PAD]"]
    )
    numbers, _ = text.pad_model_inputs(numbers, self.max_length)
    return {"ids": padded, "mask": mask, "segments": numbers}


def _build_tokenizer(text: ModuleType, vocabulary: Vocabulary) -> tf.Module:
  """Returns a `BertTokenizer` whose ids are line numbers of the vocabulary."""
  table = tf.lookup.StaticHashTable(
    _initializer(vocabulary), vocabulary.special["[UNK]"]
  )
  return text.BertTokenizer(
    table, lower_case=vocabulary.lowercase, token_out_type=tf.int64
  )


def _initializer(vocabulary: Vocabulary) -> Any:
  """Returns what fills the table of tokens: the file, or its words."""
  ids = word_files.read_first_lines(
    vocabulary.path, "tokenizers.wordpiece.vocabulary"
  )
  if ids is None:
    return tf.lookup.TextFileInitializer(
      vocabulary.path,
      tf.string,
      tf.lookup.TextFileIndex.WHOLE_LINE,
      tf.int64,
      tf.lookup.TextFileIndex.LINE_NUMBER,
    )
  return tf.lookup.KeyValueTensorInitializer(
    tf.constant(list(ids)), tf.constant(list(ids.values()), tf.int64)
  )


def _tensorflow_text() -> ModuleType:
  try:
    import tensorflow_text
  except ImportError as error:
    raise UserError(
      "tokenizers.wordpiece needs tensorflow-text: pip install "
      "'hub-estimator[text]'."
    ) from error
  return tensorflow_text


wordpiece = Wordpiece
