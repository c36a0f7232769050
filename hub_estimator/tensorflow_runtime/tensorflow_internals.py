"""Everything that the library uses of TensorFlow beyond its public API.

If one of TensorFlow's private names changes, this file and its test are the only
ones to fail.
"""

from typing import Any

from tensorflow.python.framework import op_def_registry
from tensorflow.python.framework.function_def_to_graph import (
  function_def_to_graph_def,
)
from tensorflow.python.ops import lookup_ops
from tensorflow.python.training.saving.saveable_object import (
  SaveableObject,
  SaveSpec,
)

from hub_estimator.tensorflow_runtime.loading import tf

__all__ = [
  "SaveSpec",
  "SaveableObject",
  "adds_trainable_variables",
  "function_def_to_graph_def",
  "is_nested",
  "lookup_ops",
  "op_def_registry",
  "place_in_whole",
  "reopen",
  "run_after",
  "train_with_layer",
]


def reopen(graph: tf.Graph) -> None:
  """Lets ops be added to a graph that a monitored session has finalized."""
  graph._unsafe_unfinalize()


def is_nested(op: tf.Operation) -> bool:
  """Returns whether an op lies in a loop or branch of TensorFlow 1."""
  return op._get_control_flow_context() is not None


def run_after(op: tf.Operation, first: tf.Operation) -> None:
  """Makes an op of a graph wait for another, which mustn't depend on it."""
  op._add_control_input(first)


def place_in_whole(
  part: tf.Variable,
) -> tuple[list[int], tuple[slice, ...]]:
  """Returns (shape of the whole, slices of it) for a part of a variable.

  Args:
    part: a part of a partitioned variable, or a whole variable, which has no
      slices: `whole[()]` is all of it.
  """
  info = part._get_save_slice_info()
  if info is None:
    return part.shape.as_list(), ()
  return info.full_shape, tuple(
    slice(first, first + size)
    for first, size in zip(info.var_offset, info.var_shape, strict=True)
  )


def adds_trainable_variables(state_manager: Any) -> bool:
  """Returns whether a feature column's variables are trainable by default.

  Args:
    state_manager: the one that TensorFlow gives to a feature column.
  """
  return state_manager._trainable


def train_with_layer(state_manager: Any, variable: tf.Variable) -> None:
  """Makes the Keras layer of a feature column train one more variable.

  Canned Estimators of version 2 train the variables that their Keras layers
  hold, and no others.

  Args:
    state_manager: the one that TensorFlow gives to a feature column.
    variable: the variable to train.
  """
  variable._distribute_strategy = None  # Keras optimizers look for it.
  state_manager._layer._trainable_weights.append(variable)
