"""Tokens of a SentencePiece model, as ALBERT and USE-lite take them."""

import dataclasses
import functools
from collections.abc import Mapping

import gin

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec
from hub_estimator.modules import ModuleInfo, SignatureInfo, TensorInfo
from hub_estimator.preprocessing.tokenizers import albert_text, texts
from hub_estimator.preprocessing.tokenizers.models import Model, find_model
from hub_estimator.preprocessing.tokenizers.token_inputs import (
  find_token_inputs,
  is_sparse,
  sparse_specs,
)
from hub_estimator.tensorflow_runtime import tf

_NAME = "sentencepiece"


@gin.register(_NAME, module="tokenizers")
@dataclasses.dataclass(frozen=True)
class Sentencepiece:
  """Tokens of a SentencePiece model: `[CLS] first [SEP]`, or of a pair.

  A module like USE-lite, which takes `values`, `indices` and `dense_shape`, gets the
  bare pieces of single sentences. Needs tensorflow-text (`pip install
  'hub-estimator[text]'`). The exported full model contains its ops and the
  SentencePiece model, so a server of that model needs tensorflow-text, too.

  Attributes:
    feature: strings [batch]; None means the only feature.
    second_feature: strings for the second segment of a pair; None for single
      sentences.
    max_length: tokens of an example, including those in brackets. Longer
      examples are cut; in a pair, the longer sentence first.
    model: a file with a SentencePiece model. None uses the module's own, which its
      signature "tokenization_info" or "spm_path" names, or which is its only such
      asset.
    lowercase: prepares text as ALBERT does: joins spaces, drops accents, splits
      numbers from commas, and if True also makes it lowercase. None uses the value
      in the module's "tokenization_info"; if there is none, the SentencePiece model
      sees the text as it is.
  """

  feature: str | None = None
  second_feature: str | None = None
  max_length: int = 128
  model: str | None = None
  lowercase: bool | None = None

  def __post_init__(self) -> None:
    pairs = self.second_feature is not None
    texts.check_length(_NAME, self.max_length, pairs=pairs)

  def strings(self, features: Mapping[str, object]) -> list[str]:
    """Returns the names of the features that are tokenized.

    Args:
      features: by name; only the names matter.

    Raises:
      UserError: a feature doesn't exist, or `feature` is None and several could
        be meant.
    """
    return texts.find_strings(
      _NAME, features, self.feature, self.second_feature
    )

  def specs(
    self, features: Mapping[str, FeatureSpec], signature: SignatureInfo
  ) -> dict[str, TensorInfo]:
    """Returns the types of the module's inputs, for one example.

    Args:
      features: types of one example's features, by name.
      signature: the module's signature.

    Raises:
      UserError: a feature isn't a string, or the signature takes no token ids, or
        no pairs.
    """
    texts.check_strings(_NAME, self.strings(features), features)
    if not is_sparse(signature):
      ids = TensorInfo("int64", (self.max_length,))
      return dict.fromkeys(find_token_inputs(signature, _NAME).values(), ids)
    if self.second_feature is not None:
      raise UserError(
        f"tokenizers.{_NAME}.second_feature: a module that takes "
        "values, indices and dense_shape takes no pairs."
      )
    return sparse_specs()

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
      info: the module, whose SentencePiece model is read.

    Returns:
      int64 [batch, max_length] by the signature's names, or the parts of a
      SparseTensor of int64 [batch, length].

    Raises:
      UserError: there is no model, or tensorflow-text isn't installed.
    """
    model = self._model(info)
    segments = [
      _build_ids(model, tf.reshape(features[name], [-1]))
      for name in self.strings(features)
    ]
    if is_sparse(signature):
      cut = segments[0][:, : self.max_length].to_sparse()
      return {
        "values": cut.values,
        "indices": cut.indices,
        "dense_shape": cut.dense_shape,
      }
    return self._join(segments, signature, model)

  def build_words(
    self,
    features: Mapping[str, tf.Tensor],
    signature: SignatureInfo,
    info: ModuleInfo,
  ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Adds the ops that tokenize lists of words; see `WordTokenizer`.

    Args:
      features: strings [batch, words] by name, perhaps after a text [batch].
      signature: the module's signature, which takes dense ids.
      info: the module, whose SentencePiece model is read.

    Raises:
      UserError: there is no model, a feature holds texts, or tensorflow-text isn't
        installed.
    """
    model = self._model(info)
    segments, firsts = texts.join_words(
      _NAME,
      self.strings(features),
      features,
      functools.partial(_build_ids, model),
      max_length=self.max_length,
    )
    return self._join(segments, signature, model), firsts

  def padding_id(self, info: ModuleInfo) -> int:
    """Returns the id that fills up short examples.

    Args:
      info: the module, whose SentencePiece model is read.

    Raises:
      UserError: there is no model, or it has no such id.
    """
    return self._model(info).special()["padding"]

  def _join(
    self,
    segments: list[tf.RaggedTensor],
    signature: SignatureInfo,
    model: Model,
  ) -> dict[str, tf.Tensor]:
    """Returns the signature's inputs for segments int64 [batch, pieces]."""
    built = texts.join(
      texts.import_text(_NAME),
      segments,
      max_length=self.max_length,
      **model.special(),
    )
    inputs = find_token_inputs(signature, _NAME)
    return {name: built[role] for role, name in inputs.items()}

  def _model(self, info: ModuleInfo) -> Model:
    return find_model(info, path=self.model, lowercase=self.lowercase)


def _build_ids(model: Model, strings: tf.Tensor) -> tf.RaggedTensor:
  """Adds the ops that tokenize; returns int64 [batch, pieces]."""
  text = texts.import_text(_NAME)
  if model.lowercase is None:
    ids = text.SentencepieceTokenizer(model.content).tokenize(strings)
  else:
    strings = albert_text.build_prepared(
      text, strings, lowercase=model.lowercase
    )
    tokenizer = text.SentencepieceTokenizer(model.content, out_type=tf.string)
    ids = albert_text.build_pieces(tokenizer, strings)
  return tf.cast(ids, tf.int64)
