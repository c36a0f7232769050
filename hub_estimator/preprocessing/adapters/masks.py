"""Masks: which positions of a sequence are tokens, and which are padding."""

import dataclasses

from hub_estimator.errors import UserError, nearest
from hub_estimator.modules import SignatureInfo, TensorInfo
from hub_estimator.preprocessing.adapters.adapter import Adapter
from hub_estimator.tensorflow_runtime import tf

# Names that modules give their inputs, the surest first.
_MASKS = ("input_mask", "attention_mask", "sequence_mask")
_LENGTHS = ("sequence_len", "sequence_length", "sequence_lengths", "seq_len")
_IDS = ("input_word_ids", "input_ids", "word_ids", "token_ids")


@dataclasses.dataclass(frozen=True)
class Mask:
  """The input of a module that tells tokens from padding.

  Attributes:
    name: of the input.
    tensor: its type: the number of tokens [batch], or a value for each position
      [batch, length], which is 0 or "" for padding.
  """

  name: str
  tensor: TensorInfo

  def __str__(self) -> str:
    if self.name in _MASKS or self.holds_lengths:
      return self.name
    return f"{self.name} != " + ("''" if self.tensor.dtype == "string" else "0")

  @property
  def holds_ids(self) -> bool:
    """Whether the input holds the ids of tokens."""
    return self.name in _IDS

  @property
  def holds_lengths(self) -> bool:
    """Whether the input counts the tokens of each example."""
    if self.tensor.shape is not None and len(self.tensor.shape) == 1:
      return True
    return counts_tokens(self.name, self.tensor)


def find_mask(
  adapter: Adapter, signature: SignatureInfo, output: TensorInfo
) -> Mask | None:
  """Returns the mask for pooling an output, or None if it holds no padding.

  Args:
    adapter: its `pooling`, `mask` and `constants` are read.
    signature: the module's signature.
    output: type of the output; sequences are [batch, length, width].

  Raises:
    UserError: the output may hold padding that no input tells from tokens, or
      `mask` names none that can.
  """
  rank = None if output.shape is None else len(output.shape)
  if adapter.pooling not in ("mean", "max") or rank not in (None, 3):
    return None
  mask = _named(adapter, signature) or _known(adapter, signature)
  if mask is None and rank == 3 and _may_hold_padding(signature, output):
    raise UserError(
      f"adapter.pooling = {adapter.pooling!r} would mix padding into the "
      f"output {output} of a signature that takes no mask; it takes: "
      f"{', '.join(f'{n} {t}' for n, t in signature.inputs.items())}. Set "
      "adapter.mask to the input that is 0 or '' for padding or counts the "
      f"tokens, or adapter.pooling = '{adapter.pooling}_with_padding' if there "
      "is no padding."
    )
  return mask


def counts_tokens(name: str, tensor: TensorInfo) -> bool:
  """Returns whether an input is known to count the tokens of each example.

  Args:
    name: of the input.
    tensor: its type.
  """
  shape = tensor.shape
  is_number = shape is None or len(shape) == 1 or shape[1:] == (1,)
  return name in _LENGTHS and is_number


def tells_padding(adapter: Adapter, signature: SignatureInfo) -> bool:
  """Returns whether an input tells the module itself tokens from padding."""
  return adapter.mask is not None or (_known(adapter, signature) is not None)


def build_mask(
  mask: Mask, fed: tf.Tensor, output: tf.Tensor, *, padding_id: int = 0
) -> tf.Tensor:
  """Adds the ops that mark the tokens; returns bool [batch, length].

  Args:
    mask: which input tells.
    fed: the input, as the module is fed.
    output: of the module, [batch, length, width].
    padding_id: the integer that is padding.

  Raises:
    UserError: input and output have different lengths.
  """
  length = tf.shape(output)[1]
  if mask.holds_lengths:
    return tf.sequence_mask(tf.reshape(fed, [-1]), length)
  if fed.dtype == tf.bool:
    given = fed
  else:
    given = tf.not_equal(fed, "" if fed.dtype == tf.string else padding_id)
  if not given.shape.is_compatible_with(output.shape[:2]):
    raise UserError(
      f"The module's input {mask.name!r} has shape {fed.shape.as_list()} and "
      f"its output {output.shape.as_list()}; it can't mask positions of "
      "another length. Set adapter.mask, or adapter.pooling = 'flatten' or "
      "'mean_with_padding'."
    )
  # Fails if the lengths differ, where broadcasting would not.
  return tf.reshape(given, tf.shape(output)[:2])


def _named(adapter: Adapter, signature: SignatureInfo) -> Mask | None:
  """Returns the mask that the user names."""
  if adapter.mask is None:
    return None
  if adapter.mask not in signature.inputs:
    raise UserError(
      f"adapter.mask names the module input {adapter.mask!r}; "
      + nearest(adapter.mask, signature.inputs)
    )
  tensor = signature.inputs[adapter.mask]
  if not (
    tensor.kind == "dense"
    and (tensor.shape is None or len(tensor.shape) in (1, 2))
    and adapter.mask not in (adapter.constants or {})
  ):
    raise UserError(
      f"adapter.mask names the module input {adapter.mask!r}, {tensor}; a mask "
      "is fed by a feature and has one number for each example or position."
    )
  return Mask(adapter.mask, tensor)


def _known(adapter: Adapter, signature: SignatureInfo) -> Mask | None:
  """Returns the mask among inputs with well-known names, or of strings."""
  inputs = {
    name: tensor
    for name, tensor in signature.inputs.items()
    if tensor.kind == "dense" and name not in (adapter.constants or {})
  }
  for names, ranks in ((_MASKS, (2,)), (_LENGTHS, (1, 2)), (_IDS, (2,))):
    for name in names:
      tensor = inputs.get(name)
      if tensor is not None and (
        tensor.shape is None or len(tensor.shape) in ranks
      ):
        return Mask(name, tensor)
  strings = [
    Mask(name, tensor)
    for name, tensor in inputs.items()
    if tensor.dtype == "string" and tensor.shape and len(tensor.shape) == 2
  ]
  return strings[0] if len(strings) == 1 else None


def _may_hold_padding(signature: SignatureInfo, output: TensorInfo) -> bool:
  """Returns whether an output [batch, length, width] may be that of tokens."""
  inputs = signature.inputs.values()
  if any(t.shape is not None and len(t.shape) > 3 for t in inputs):
    return False  # Images.
  assert output.shape is not None
  return output.shape[1] is None or any(_may_be_tokens(t) for t in inputs)


def _may_be_tokens(tensor: TensorInfo) -> bool:
  rank = None if tensor.shape is None else len(tensor.shape)
  if tensor.dtype == "string":
    return True
  return tensor.dtype in ("int32", "int64") and rank in (None, 2)
