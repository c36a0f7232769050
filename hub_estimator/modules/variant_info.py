"""The description of one graph variant: signatures, tensors and variables."""

import dataclasses
from collections.abc import Mapping


@dataclasses.dataclass(frozen=True)
class TensorInfo:
  """The type of an input or output.

  Attributes:
    dtype: the name of its dtype, such as "float32".
    shape: None in place of an unknown dimension; None if the rank is unknown.
    kind: "dense", "sparse" or "composite".
  """

  dtype: str
  shape: tuple[int | None, ...] | None
  kind: str = "dense"

  def __str__(self) -> str:
    shape = "unknown rank" if self.shape is None else list(self.shape)
    kind = "" if self.kind == "dense" else f"{self.kind} "
    return f"{kind}{self.dtype} {shape}"


@dataclasses.dataclass(frozen=True)
class VariableInfo:
  """A stored variable.

  Attributes:
    shape: None in place of an unknown dimension.
    dtype: the name of its dtype, such as "float32".
    trainable: whether fine-tuning may change it.
  """

  shape: tuple[int | None, ...]
  dtype: str
  trainable: bool


@dataclasses.dataclass(frozen=True)
class SignatureInfo:
  """The inputs and outputs of a signature, by name."""

  inputs: Mapping[str, TensorInfo]
  outputs: Mapping[str, TensorInfo]


@dataclasses.dataclass(frozen=True)
class VariantInfo:
  """A graph variant.

  Attributes:
    tags: the tags that name it; empty for the default variant.
    signatures: by name.
    variables: by their names in the module's checkpoint.
    regularization_losses: names of tensors in the module's own graph.
    update_ops: names of ops in the module's own graph.
    tables: names of the ops that initialize tables.
    ops: types of all ops in the graph and its functions.
  """

  tags: frozenset[str]
  signatures: Mapping[str, SignatureInfo]
  variables: Mapping[str, VariableInfo]
  regularization_losses: tuple[str, ...]
  update_ops: tuple[str, ...]
  tables: tuple[str, ...]
  ops: frozenset[str]
