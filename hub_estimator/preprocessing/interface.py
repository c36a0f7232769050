"""The contracts of an adapter's parts: tokenizers and augmentations."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from hub_estimator.inputs import FeatureSpec
from hub_estimator.modules import ModuleInfo, SignatureInfo, TensorInfo
from hub_estimator.tensorflow_runtime import tf


class Augmentation(Protocol):
  """Changes training images at random."""

  def build(self, images: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Returns changed images of the same shape.

    Args:
      images: float32 [batch, height, width, channels], 0 to 1.
      seed: int64 [2], different at each step. Draw with TensorFlow's stateless
        ops, so that an interrupted run sees the same images.
    """


class Tokenizer(Protocol):
  """Turns strings into the token ids that a module reads."""

  def strings(self, features: Mapping[str, object]) -> list[str]:
    """Returns the names of the features that are tokenized.

    Args:
      features: by name; only the names matter.

    Raises:
      UserError: a feature doesn't exist.
    """

  def specs(
    self, features: Mapping[str, FeatureSpec], signature: SignatureInfo
  ) -> Mapping[str, TensorInfo]:
    """Returns the types of the module's inputs, for one example.

    Args:
      features: types of one example's features, by name.
      signature: the module's signature.

    Raises:
      UserError: a feature isn't a string, or the signature doesn't fit.
    """

  def build(
    self,
    features: Mapping[str, tf.Tensor],
    signature: SignatureInfo,
    info: ModuleInfo,
  ) -> dict[str, tf.Tensor]:
    """Returns the module's inputs by the signature's names.

    Args:
      features: strings [batch] or [batch, 1] by name.
      signature: the module's signature.
      info: the module, whose vocabulary may be read.

    Raises:
      UserError: there is no vocabulary.
    """


@runtime_checkable
class WordTokenizer(Protocol):
  """A tokenizer that knows where each word's pieces are; for `heads.sequence`."""

  def build_words(
    self,
    features: Mapping[str, tf.Tensor],
    signature: SignatureInfo,
    info: ModuleInfo,
  ) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    """Returns the module's inputs, and the position of each word's first piece.

    Args:
      features: strings [batch, words] by name.
      signature: the module's signature.
      info: the module, whose vocabulary may be read.

    Returns:
      (inputs by the signature's names; int64 [batch, words], -1 of words that have
      no piece or are cut).
    """
