"""Which input of a signature tells tokens from padding."""

import dataclasses
from collections.abc import Container

from hub_estimator.modules.variant_info import SignatureInfo, TensorInfo

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


def counts_tokens(name: str, tensor: TensorInfo) -> bool:
  """Returns whether an input is known to count the tokens of each example.

  Args:
    name: of the input.
    tensor: its type.
  """
  shape = tensor.shape
  is_number = shape is None or len(shape) == 1 or shape[1:] == (1,)
  return name in _LENGTHS and is_number


def known_mask(
  signature: SignatureInfo, constants: Container[str]
) -> Mask | None:
  """Returns the mask among inputs with well-known names, or of strings.

  Args:
    signature: of a module.
    constants: names of inputs that aren't fed from the data.
  """
  inputs = {
    name: tensor
    for name, tensor in signature.inputs.items()
    if tensor.kind == "dense" and name not in constants
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


def may_hold_padding(signature: SignatureInfo, output: TensorInfo) -> bool:
  """Returns whether an output [batch, length, width] may be that of tokens.

  Args:
    signature: of a module.
    output: one of its outputs.
  """
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
