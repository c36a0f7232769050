"""Constants in place of variables, for a graph whose weights don't change."""

from collections.abc import Collection, Mapping

import numpy as np

from hub_estimator.graphs.graph_defs import owner
from hub_estimator.tensorflow_runtime import tf

# Ops whose output is a reference to the variable's value.
_REF_VARIABLES = ("Variable", "VariableV2")
# Ops that take a reference: they change the variable or read a part of it.
_TAKE_REFERENCES = (
  "Apply",
  "Assign",
  "CountUpTo",
  "IsVariableInitialized",
  "Ref",
  "Scatter",
  "SparseApply",
)


def replace_variables(
  graph_def: tf.GraphDef,
  values: Mapping[str, np.ndarray],
  *,
  wanted: Collection[str],
) -> tf.GraphDef | None:
  """Returns the wanted part of a graph with its variables as constants.

  TensorFlow's own conversion accepts more graphs, but drops the control inputs
  of the ops that read a variable, so that assertions no longer stop the ops
  that they guard.

  Args:
    graph_def: the graph; it is changed.
    values: arrays by variable name.
    wanted: names of the tensors and ops that the graph is for.

  Returns:
    The part that `wanted` depends on, or None if a variable in it must stay:
    one that is changed, or that is read other than as a whole (in a branch, in
    a loop, or by some of its rows).
  """
  for node in graph_def.node:
    # Colocation may name a node that is gone afterwards.
    node.attr.pop("_class", None)
    variable = node.input[0] if node.op == "ReadVariableOp" else node.name
    reads = node.op in ("ReadVariableOp", *_REF_VARIABLES)
    if reads and variable in values:
      _become_constant(node, values[variable])
  part = tf.graph_util.extract_sub_graph(
    graph_def, [owner(name) for name in wanted]
  )
  stays = ("VarHandleOp", *_TAKE_REFERENCES)
  return None if any(node.op.startswith(stays) for node in part.node) else part


def _become_constant(node: tf.NodeDef, value: np.ndarray) -> None:
  """Turns a node into a constant that keeps its name and control inputs."""
  constant = tf.make_tensor_proto(value)
  name, control = node.name, [i for i in node.input if i.startswith("^")]
  node.Clear()
  node.name, node.op = name, "Const"
  node.input.extend(control)
  node.attr["dtype"].type = constant.dtype
  node.attr["value"].tensor.CopyFrom(constant)
