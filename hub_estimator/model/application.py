"""An application: one use of a module by an encoder."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TypeVar

from hub_estimator.errors import UserError, nearest
from hub_estimator.inputs import FeatureSpec
from hub_estimator.modules import (
  ModuleInfo,
  ModuleSource,
  SignatureInfo,
  TensorInfo,
)
from hub_estimator.preprocessing import (
  Adapter,
  WordTokenizer,
  adapters,
  build_module_inputs,
  tokenizers,
)
from hub_estimator.tensorflow_runtime import tf

_Feature = TypeVar("_Feature")
# A module's inputs and outputs by name, for one tower's part of the batch.
Applied = tuple[Mapping[str, tf.Tensor], Mapping[str, tf.Tensor]]


@dataclasses.dataclass(frozen=True)
class Words:
  """Words that a tokenizer has cut into pieces.

  Attributes:
    texts: strings [batch, words]; "" is padding.
    firsts: the position of each word's first piece, int64 [batch, words]; -1 if it
      has none or was cut.
  """

  texts: tf.Tensor
  firsts: tf.Tensor


@dataclasses.dataclass(frozen=True)
class Application:
  """One use of a module.

  Attributes:
    module: the module; equal sources share their variables.
    adapter: fits features to the module, and its output to the head.
    features: the only features that the module sees; None shows it all.
    output: the output that is read; None leaves it to `module.output`.
    name: None if an encoder combines one output. Otherwise all outputs are read as
      they are, and later applications see them as features, "<name>/<output>".
    unseen: names of applications whose outputs this one doesn't see.
  """

  module: ModuleSource
  adapter: Adapter
  features: tuple[str, ...] | None = None
  output: str | None = None
  name: str | None = None
  unseen: tuple[str, ...] = ()

  def signature_of(self, info: ModuleInfo) -> SignatureInfo:
    """Returns the signature that is applied.

    Args:
      info: the module's.

    Raises:
      UserError: the module has no signature by that name.
    """
    return info.signature(self.module.signature, self.module.inference_tags)

  def output_of(self, info: ModuleInfo) -> str:
    """Returns the name of the output that is read.

    Args:
      info: the module's.

    Raises:
      UserError: the module has no such signature or output.
    """
    return info.output(
      self.module.signature,
      self.output or self.module.output,
      self.module.inference_tags,
    )

  def outputs_of(self, info: ModuleInfo) -> list[str]:
    """Returns the names of all outputs that are read.

    Args:
      info: the module's.

    Raises:
      UserError: the module has no such signature or output.
    """
    if self.name is None:
      return [self.output_of(info)]
    return sorted(self.signature_of(info).outputs)

  def features_made(self, info: ModuleInfo) -> dict[str, FeatureSpec]:
    """Returns the types of the features that later applications see of this one.

    Args:
      info: the module's.
    """
    if self.name is None:
      return {}
    return {
      f"{self.name}/{output}": FeatureSpec(
        tensor.dtype, (tensor.shape or (None,))[1:]
      )
      for output, tensor in self.signature_of(info).outputs.items()
    }

  def mask_of(self, info: ModuleInfo) -> adapters.Mask | None:
    """Returns the input that tells tokens of the output from padding.

    Args:
      info: the module's.

    Returns:
      None if nothing is pooled, or the output holds no padding, or all is pooled.

    Raises:
      UserError: as `adapters.find_mask`.
    """
    if self.name is not None:
      return None
    signature = self.signature_of(info)
    output = signature.outputs[self.output_of(info)]
    return adapters.find_mask(self.adapter, signature, output)

  def select(self, features: Mapping[str, _Feature]) -> dict[str, _Feature]:
    """Returns the features that the module sees.

    Args:
      features: all of the data's, by name.

    Raises:
      UserError: the application names a feature that the data doesn't have.
    """
    for name in self.features or ():
      if name not in features:
        raise UserError(
          f"The encoder names the feature {name!r}; {nearest(name, features)}"
        )
    names = features if self.features is None else self.features
    hidden = tuple(f"{name}/" for name in self.unseen)
    return {n: features[n] for n in names if not n.startswith(hidden)}

  def fitted(
    self, features: Mapping[str, object], info: ModuleInfo
  ) -> "Application":
    """Returns the application with the tokenizer that features need.

    That is `tokenizers.auto` if the user names none, the module takes token ids,
    and strings come in their place.

    Args:
      features: arrays, tensors or types of the data's features, by name.
      info: the module's.

    Raises:
      UserError: the application names a feature that the data doesn't have.
    """
    if self.adapter.tokenizer is not None or self.adapter.inputs:
      return self
    seen = self.select(features)
    if not tokenizers.is_default(self.signature_of(info), seen):
      return self
    adapter = dataclasses.replace(self.adapter, tokenizer=tokenizers.Auto())
    return dataclasses.replace(self, adapter=adapter)

  def build_word_inputs(
    self, features: Mapping[str, tf.Tensor], info: ModuleInfo, *, mode: str
  ) -> tuple[dict[str, tf.Tensor], Words | None]:
    """Adds the ops of `build_inputs`, for features that are lists of words.

    Args:
      features: tensors [batch, ...] by name.
      info: the module's.
      mode: one of `tf.estimator.ModeKeys`.

    Returns:
      (the signature's inputs, the words); None if no tokenizer cuts words up, so
      that the module's tokens are those of the data.

    Raises:
      UserError: a feature is missing or doesn't fit, or the tokenizer takes no words.
    """
    tokenizer = self.adapter.tokenizer
    if tokenizer is None:
      return self.build_inputs(features, info, mode=mode), None
    if not isinstance(tokenizer, WordTokenizer):
      raise UserError(
        f"heads.sequence needs a tokenizer with `build_words`; adapter.tokenizer is "
        f"{tokenizer!r}."
      )
    signature = self.signature_of(info)
    seen = self.select(features)
    (name,) = tokenizer.strings(seen)
    inputs, firsts = tokenizer.build_words(seen, signature, info)
    built = build_module_inputs(
      self.adapter, signature, inputs, image_size=None, mode=mode
    )
    return built, Words(seen[name], firsts)

  def build_inputs(
    self, features: Mapping[str, tf.Tensor], info: ModuleInfo, *, mode: str
  ) -> dict[str, tf.Tensor]:
    """Adds the ops that turn the data's features into the signature's inputs.

    Args:
      features: tensors [batch, ...] by name.
      info: the module's.
      mode: one of `tf.estimator.ModeKeys`.

    Raises:
      UserError: a feature is missing or doesn't fit.
    """
    signature = self.signature_of(info)
    seen = self.select(features)
    if self.adapter.tokenizer is not None:
      seen = self.adapter.tokenizer.build(seen, signature, info)
    return build_module_inputs(
      self.adapter, signature, seen, image_size=info.image_size, mode=mode
    )

  def build_head_input(
    self, parts: Sequence[Applied], info: ModuleInfo
  ) -> tf.Tensor:
    """Adds the ops that turn the module's output into float32 [batch, width].

    Args:
      parts: inputs and outputs of the module, for each part of the batch.
      info: the module's.

    Raises:
      UserError: the output can't be pooled.
    """
    name = self.output_of(info)
    outputs = [computed[name] for _, computed in parts]
    output = outputs[0] if len(parts) == 1 else tf.concat(outputs, axis=0)
    shape = None if output.shape.rank is None else tuple(output.shape.as_list())
    found = adapters.find_mask(
      self.adapter,
      self.signature_of(info),
      TensorInfo(output.dtype.name, shape),
    )
    mask = None
    if found is not None and output.shape.rank == 3:
      padding_id = self._padding_id(info) if found.holds_ids else 0
      masks = [
        adapters.build_mask(
          found, fed[found.name], computed[name], padding_id=padding_id
        )
        for fed, computed in parts
      ]
      mask = masks[0] if len(parts) == 1 else tf.concat(masks, axis=0)
    return adapters.build_head_input(self.adapter, output, mask)

  def _padding_id(self, info: ModuleInfo) -> int:
    """Returns the id that the tokenizer pads with; 0 if there is none."""
    find = getattr(self.adapter.tokenizer, "padding_id", None)
    return 0 if find is None else find(info)
