"""The tokenizer that a module's own description asks for."""

import dataclasses
from collections.abc import Mapping

import gin

from hub_estimator.errors import UserError
from hub_estimator.inputs import FeatureSpec
from hub_estimator.modules import (
  ModuleInfo,
  SignatureInfo,
  TensorInfo,
  read_tokenization,
)
from hub_estimator.preprocessing.tokenizers import texts
from hub_estimator.preprocessing.tokenizers.sentencepieces import Sentencepiece
from hub_estimator.preprocessing.tokenizers.token_inputs import takes_tokens
from hub_estimator.preprocessing.tokenizers.wordpieces import Wordpiece
from hub_estimator.tensorflow_runtime import tf


@gin.register("auto", module="tokenizers")
@dataclasses.dataclass(frozen=True)
class Auto:
  """`tokenizers.wordpiece` or `tokenizers.sentencepiece`, as the module tells.

  The module tells a vocabulary or a SentencePiece model by its signature
  "tokenization_info" or "spm_path", or has one as an asset. The log says which
  tokenizer that is, and so does `check`.

  It is the default for modules that take token ids, if the data has strings and no
  ids.

  Attributes:
    feature: strings [batch]; None means the only feature of strings.
    second_feature: strings for the second segment of a pair; None for single
      sentences.
    max_length: tokens of an example, including those in brackets. Longer
      examples are cut; in a pair, the longer sentence first.
  """

  feature: str | None = None
  second_feature: str | None = None
  max_length: int = 128

  def __post_init__(self) -> None:
    pairs = self.second_feature is not None
    texts.check_length("auto", self.max_length, pairs=pairs)

  def choose(self, info: ModuleInfo) -> Wordpiece | Sentencepiece:
    """Returns the tokenizer for a module.

    Args:
      info: the module.

    Raises:
      UserError: the module doesn't tell enough.
    """
    told = read_tokenization(info)
    settings = dataclasses.asdict(self)
    if told.model is not None:
      return Sentencepiece(**settings)
    if told.vocabulary is None:
      raise UserError(
        f"Module {info.handle!r} tells neither a vocabulary nor a SentencePiece "
        "model. Set adapter.tokenizer = @tokenizers.wordpiece() and "
        "tokenizers.wordpiece.vocabulary and .lowercase, or "
        "@tokenizers.sentencepiece() and tokenizers.sentencepiece.model."
      )
    if told.lowercase is None:
      raise UserError(
        f"Module {info.handle!r} doesn't say whether its tokens are lowercase; "
        "set adapter.tokenizer = @tokenizers.wordpiece() and "
        "tokenizers.wordpiece.lowercase."
      )
    return Wordpiece(**settings)

  def describe(self, info: ModuleInfo) -> str:
    """Returns the name of the tokenizer for a module, and what tells it.

    Args:
      info: the module.

    Raises:
      UserError: the module doesn't tell enough.
    """
    name = type(self.choose(info)).__name__.lower()
    told = read_tokenization(info)
    case = {True: ", in lowercase", False: ", cased", None: ""}[told.lowercase]
    return f"tokenizers.{name}, told by {told.source}{case}"

  def strings(self, features: Mapping[str, object]) -> list[str]:
    """Returns the names of the features that are tokenized.

    Args:
      features: by name.

    Raises:
      UserError: a feature doesn't exist, or `feature` is None and several could
        be meant.
    """
    if self.feature is None:
      features = texts.only_text(features) or features
      if self.second_feature is None and len(features) > 1:
        raise UserError(
          f"Several features may be the text: {', '.join(sorted(features))}; set "
          "adapter.tokenizer = @tokenizers.auto() and tokenizers.auto.feature."
        )
    return texts.find_strings(
      "auto", features, self.feature, self.second_feature
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
    names = self.strings(features)
    texts.check_strings("auto", names, features)
    # Both tokenizers feed the same inputs.
    settings = dataclasses.asdict(self) | {"feature": names[0]}
    return Sentencepiece(**settings).specs(features, signature)

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
      info: the module, which tells the tokenizer.

    Returns:
      As the tokenizer.

    Raises:
      UserError: the module doesn't tell enough, or tensorflow-text isn't
        installed.
    """
    return self._chosen(features, info).build(features, signature, info)

  def build_words(
    self,
    features: Mapping[str, tf.Tensor],
    signature: SignatureInfo,
    info: ModuleInfo,
  ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Adds the ops that tokenize lists of words; see `WordTokenizer`.

    Args:
      features: strings [batch, words] by name.
      signature: the module's signature.
      info: the module, which tells the tokenizer.

    Raises:
      UserError: the module doesn't tell enough, a feature holds texts, or
        tensorflow-text isn't installed.
    """
    return self._chosen(features, info).build_words(features, signature, info)

  def padding_id(self, info: ModuleInfo) -> int:
    """Returns the id that fills up short examples.

    Args:
      info: the module, which tells the tokenizer.

    Raises:
      UserError: the module doesn't tell enough.
    """
    return self.choose(info).padding_id(info)

  def _chosen(
    self, features: Mapping[str, object], info: ModuleInfo
  ) -> Wordpiece | Sentencepiece:
    """Returns the tokenizer for a module and these features."""
    return dataclasses.replace(
      self.choose(info), feature=self.strings(features)[0]
    )


def is_default(
  signature: SignatureInfo, features: Mapping[str, object]
) -> bool:
  """Returns whether `Auto` is the default: strings come in place of token ids.

  Args:
    signature: of a module.
    features: that the module sees, by name; values have a dtype.
  """
  fed = set(features) & set(signature.inputs)
  return takes_tokens(signature) and not fed and bool(texts.only_text(features))
