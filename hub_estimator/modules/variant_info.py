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

  @property
  def batch_size(self) -> int | None:
    """The number of rows that the graph is made for; None if it takes any.

    All inputs agree on it, or, if they leave it open, all outputs do. One row from
    any number of rows is a summary of them.
    """
    given = _rows(self.inputs)
    if given and None not in given:
      return given.pop() if len(given) == 1 else None
    made = _rows(self.outputs)
    size = made.pop() if len(made) == 1 and given == {None} else None
    return None if size == 1 else size


def _rows(tensors: Mapping[str, TensorInfo]) -> set[int | None]:
  """Returns the first dimensions of tensors that have one."""
  return {
    None if tensor.shape is None or tensor.kind != "dense" else tensor.shape[0]
    for tensor in tensors.values()
    if tensor.shape != ()
  }


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
