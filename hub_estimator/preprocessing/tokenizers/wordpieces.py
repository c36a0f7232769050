"""BERT's tokens: words in pieces, from a vocabulary."""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import gin

from hub_estimator import word_files
from hub_estimator.inputs import FeatureSpec
from hub_estimator.modules import ModuleInfo, SignatureInfo, TensorInfo
from hub_estimator.preprocessing.tokenizers import bert_text, texts
from hub_estimator.preprocessing.tokenizers.token_inputs import (
  find_token_inputs,
)
from hub_estimator.preprocessing.tokenizers.vocabularies import (
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
    pairs = self.second_feature is not None
    texts.check_length("wordpiece", self.max_length, pairs=pairs)

  def strings(self, features: Mapping[str, object]) -> list[str]:
    """Returns the names of the features that are tokenized.

    Args:
      features: by name; only the names matter.

    Raises:
      UserError: a feature doesn't exist, or `feature` is None and several could
        be meant.
    """
    return texts.find_strings(
      "wordpiece", features, self.feature, self.second_feature
    )

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
    texts.check_strings("wordpiece", self.strings(features), features)
    ids = TensorInfo("int64", (self.max_length,))
    return dict.fromkeys(
      find_token_inputs(signature, "wordpiece").values(), ids
    )

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
    pieces = self._pieces_of(info)
    segments = [
      pieces(tf.reshape(features[name], [-1]))
      for name in self.strings(features)
    ]
    return self._join(segments, signature, info)

  def build_words(
    self,
    features: Mapping[str, tf.Tensor],
    signature: SignatureInfo,
    info: ModuleInfo,
  ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Adds the ops that tokenize lists of words; see `WordTokenizer`.

    Args:
      features: strings [batch, words] by name, perhaps after a text [batch].
      signature: the module's signature.
      info: the module, whose vocabulary is read.

    Raises:
      UserError: there is no vocabulary, a feature holds texts, or tensorflow-text
        isn't installed.
    """
    segments, firsts = texts.join_words(
      "wordpiece",
      self.strings(features),
      features,
      self._pieces_of(info),
      max_length=self.max_length,
    )
    return self._join(segments, signature, info), firsts

  def padding_id(self, info: ModuleInfo) -> int:
    """Returns the id that fills up short examples.

    Args:
      info: the module, whose vocabulary is read.

    Raises:
      UserError: there is no vocabulary.
    """
    return self._vocabulary(info).special["[PAD]"]

  def _pieces_of(
    self, info: ModuleInfo
  ) -> Callable[[tf.Tensor], tf.RaggedTensor]:
    """Returns what cuts strings [n] into the ids of pieces, int64 [n, pieces]."""
    text = texts.import_text("wordpiece")
    vocabulary = self._vocabulary(info)
    table = tf.lookup.StaticHashTable(
      _initializer(vocabulary), vocabulary.special["[UNK]"]
    )

    def build(strings: tf.Tensor) -> tf.RaggedTensor:
      words = bert_text.build_words(
        text, strings, lowercase=vocabulary.lowercase
      )
      return bert_text.build_pieces(text, words, table)

    return build

  def _join(
    self,
    segments: list[tf.RaggedTensor],
    signature: SignatureInfo,
    info: ModuleInfo,
  ) -> dict[str, tf.Tensor]:
    """Returns the signature's inputs for segments int64 [batch, pieces]."""
    special = self._vocabulary(info).special
    built = texts.join(
      texts.import_text("wordpiece"),
      segments,
      first=special["[CLS]"],
      end=special["[SEP]"],
      padding=special["[PAD]"],
      max_length=self.max_length,
    )
    inputs = find_token_inputs(signature, "wordpiece")
    return {name: built[role] for role, name in inputs.items()}

  def _vocabulary(self, info: ModuleInfo) -> Vocabulary:
    return find_vocabulary(info, path=self.vocabulary, lowercase=self.lowercase)


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
