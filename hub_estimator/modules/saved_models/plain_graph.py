"""A plain graph: one mode of a SavedModel of TensorFlow 2, without function calls."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hub_estimator.tensorflow_runtime import tf

DEFAULT = "default"
_SERVING = "serving_default"


@dataclasses.dataclass(frozen=True)
class Signature:
  """Names of tensors, by the signature's names for its inputs and outputs."""

  inputs: Mapping[str, str]
  outputs: Mapping[str, str]


@dataclasses.dataclass(frozen=True)
class Variable:
  """A variable; the op that makes its handle has the variable's name."""

  shape: tuple[int, ...]
  dtype: tf.DType
  trainable: bool


@dataclasses.dataclass(frozen=True)
class PlainGraph:
  """One mode of a SavedModel, without function calls.

  Attributes:
    graph_def: the GraphDef, with all ops and tensors named below.
    signatures: by name.
    variables: by name; those that a signature or a loss reads.
    losses: names of tensors, scalars.
    table_initializers: names of ops.
    assets: paths of files, by the name of the tensor that holds the path.
    update_ops: names of ops.
    custom_gradients: whether the SavedModel defines gradients in Python, which
      the graph lacks.
  """

  graph_def: Any
  signatures: Mapping[str, Signature]
  variables: Mapping[str, Variable]
  losses: Sequence[str]
  table_initializers: Sequence[str]
  assets: Mapping[str, str]
  update_ops: Sequence[str]
  custom_gradients: bool


def main_signature(names: Collection[str]) -> str:
  """Returns the signature to apply by default.

  Args:
    names: names of signatures, at least one and not "default".
  """
  return _SERVING if _SERVING in names else sorted(names)[0]
