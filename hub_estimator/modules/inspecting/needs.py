"""What a module needs of the data: text, images, a vector, or columns by name."""

import dataclasses
from collections.abc import Mapping

from hub_estimator.modules.inspecting.choices import (
  choose_signature,
  features_of,
)
from hub_estimator.modules.module_info import ModuleInfo
from hub_estimator.modules.variant_info import SignatureInfo, TensorInfo

TEXT, IMAGES, VECTOR, COLUMNS = "text", "images", "a vector", "columns"

_IDS = ("input_ids", "input_word_ids")
_SPARSE_IDS = {"values", "indices", "dense_shape"}


@dataclasses.dataclass(frozen=True)
class Needs:
  """What the signature that a person would choose reads.

  Attributes:
    kind: TEXT, IMAGES, VECTOR or COLUMNS, one for each input.
    inputs: one for each feature, by name; hyperparameters aren't among them.
    width: of a vector; None of another kind, or if it takes any.
    batch_size: the only number of rows that the graph takes; None takes any.
  """

  kind: str
  inputs: Mapping[str, TensorInfo]
  width: int | None
  batch_size: int | None


def needs_of(info: ModuleInfo) -> Needs:
  """Returns what a module's best signature needs of the data.

  Args:
    info: the module's description.
  """
  signature = info.default_variant().signatures[choose_signature(info)]
  rows, _ = features_of(signature)
  only = next(iter(rows.values())) if len(rows) == 1 else None
  shape = only.shape if only is not None else None
  kind, width = COLUMNS, None
  if takes_tokens(signature) or (only is not None and only.dtype == "string"):
    kind = TEXT
  elif only is not None and is_image(only):
    kind = IMAGES
  elif shape is not None and len(shape) == 2 and shape[1] != 1:
    kind, width = VECTOR, shape[1]
  return Needs(kind, rows, width, signature.batch_size)


def takes_tokens(signature: SignatureInfo) -> bool:
  """Returns whether a signature reads the ids of a text's tokens."""
  return any(name in _IDS for name in signature.inputs) or (
    set(signature.inputs) >= _SPARSE_IDS
  )


def is_image(tensor: TensorInfo) -> bool:
  """Returns whether a tensor is a batch of images in colour."""
  return (
    tensor.dtype == "float32"
    and tensor.shape is not None
    and len(tensor.shape) == 4
    and tensor.shape[3] == 3
  )
