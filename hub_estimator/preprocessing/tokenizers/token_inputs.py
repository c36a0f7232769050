"""Token inputs: which inputs of a signature take ids, a mask and segments."""

from hub_estimator.errors import UserError
from hub_estimator.modules import SignatureInfo, TensorInfo

# Names that modules give these inputs; SavedModels use the later ones.
_NAMES = {
  "ids": ("input_ids", "input_word_ids"),
  "mask": ("input_mask", "attention_mask"),
  "segments": ("segment_ids", "input_type_ids", "token_type_ids"),
}
# Parts of a SparseTensor [batch, length] of ids, which USE-lite takes one by one.
_SPARSE = ("values", "indices", "dense_shape")


def find_token_inputs(signature: SignatureInfo, part: str) -> dict[str, str]:
  """Returns the signature's input for "ids", "mask" and "segments".

  Args:
    signature: of a module.
    part: the tokenizer's name, for messages.

  Raises:
    UserError: the signature takes no token ids.
  """
  found = {
    role: name
    for name in signature.inputs
    for role, known in _NAMES.items()
    if name in known
  }
  if "ids" not in found:
    raise UserError(
      f"tokenizers.{part} feeds modules that take token ids as "
      f"{' or '.join(map(repr, _NAMES['ids']))}; this signature takes: "
      f"{', '.join(sorted(signature.inputs)) or 'nothing'}."
    )
  return found


def takes_tokens(signature: SignatureInfo) -> bool:
  """Returns whether a signature takes token ids, dense or sparse."""
  return is_sparse(signature) or any(
    name in signature.inputs for name in _NAMES["ids"]
  )


def is_sparse(signature: SignatureInfo) -> bool:
  """Returns whether a signature takes ids as the parts of a SparseTensor."""
  return set(signature.inputs) >= set(_SPARSE)


def sparse_specs() -> dict[str, TensorInfo]:
  """Returns the types of the parts of a SparseTensor of ids, for one example."""
  return dict.fromkeys(_SPARSE, TensorInfo("int64", (None,)))
