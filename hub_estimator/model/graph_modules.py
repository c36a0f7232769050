"""The modules of the current graph, whoever has placed them there.

Exports read them from here: what is saved, and what verification compares it with.
"""

import dataclasses
from collections.abc import Mapping

from hub_estimator.modules import PlacedModule
from hub_estimator.tensorflow_runtime import tf

# Collections of the graph; tuples as keys keep them out of exported graphs.
_PLACED = ("hub_estimator_placed_modules",)
_APPLIED = ("hub_estimator_applied_modules",)


@dataclasses.dataclass(frozen=True)
class AppliedModule:
  """One application of a module in the current graph.

  Attributes:
    placed: the module.
    inputs: tensors by the signature's input.
    outputs: tensors by the signature's output.
    read: names of the outputs that the model reads.
  """

  placed: PlacedModule
  inputs: Mapping[str, tf.Tensor]
  outputs: Mapping[str, tf.Tensor]
  read: set[str] = dataclasses.field(default_factory=set)


def add_placed(placed: PlacedModule) -> None:
  """Records that a module is in the current graph."""
  tf.add_to_collection(_PLACED, placed)


def add_applied(applied: AppliedModule) -> None:
  """Records an application of a module in the current graph."""
  tf.add_to_collection(_APPLIED, applied)


def placed_modules() -> list[PlacedModule]:
  """Returns the modules of the current graph, each once."""
  return tf.get_collection(_PLACED)


def applied_modules() -> list[AppliedModule]:
  """Returns the applications of modules in the current graph."""
  return tf.get_collection(_APPLIED)
