"""Token inputs: which inputs of a signature take ids, a mask and segments."""

from hub_estimator.errors import UserError
from hub_estimator.modules import SignatureInfo

# Names that modules give these inputs; SavedModels use the later ones.
_NAMES = {
  "ids": ("input_ids", "input_word_ids"),
  "mask": ("input_mask", "attention_mask"),
  "segments": ("segment_ids", "input_type_ids", "token_type_ids"),
}


def find_token_inputs(signature: SignatureInfo) -> dict[str, str]:
  """Returns the signature's input for "ids", "mask" and "segments".

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
      "tokenizers.wordpiece feeds modules that take token ids as "
      f"{' or '.join(map(repr, _NAMES['ids']))}; this signature takes: "
      f"{', '.join(sorted(signature.inputs)) or 'nothing'}."
    )
  return found
