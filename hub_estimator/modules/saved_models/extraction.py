"""Extracts a plain graph from the graph that a SavedModel was loaded into."""

import itertools
import os
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from hub_estimator.graphs import inline_functions, owner
from hub_estimator.modules.saved_models.plain_graph import (
  PlainGraph,
  Signature,
  Variable,
)
from hub_estimator.tensorflow_runtime import op_def_registry, tf

_GRADIENT = "_gradient_op_type"
_UPDATES = (
  "AssignVariableOp",
  "AssignAddVariableOp",
  "AssignSubVariableOp",
)


def extract(
  graph: tf.Graph,
  *,
  signatures: Mapping[str, Signature],
  losses: Sequence[str],
  table_initializers: Sequence[str],
  trainable: Collection[str],
) -> PlainGraph:
  """Returns the part of the current graph that a module needs.

  Args:
    graph: the current graph.
    signatures: by name.
    losses: names of tensors.
    table_initializers: names of ops.
    trainable: names of trainable variables.
  """
  whole = inline_functions(graph.as_graph_def())
  update_ops = _update_ops(whole)
  wanted = [
    *losses,
    *(t for s in signatures.values() for t in s.inputs.values()),
    *(t for s in signatures.values() for t in s.outputs.values()),
  ]
  kept = tf.graph_util.extract_sub_graph(
    whole, [*map(owner, wanted), *table_initializers, *update_ops]
  )
  kept.library.CopyFrom(whole.library)
  names = {node.name for node in kept.node}
  custom_gradients = any(_GRADIENT in node.attr for node in kept.node)
  _settle(kept)
  return PlainGraph(
    graph_def=kept,
    signatures=signatures,
    variables={
      v.op.name: Variable(
        tuple(v.shape.as_list()), v.dtype, v.op.name in trainable
      )
      for v in tf.global_variables()
      if v.op.name in names
    },
    losses=losses,
    table_initializers=table_initializers,
    assets={
      tensor.name: os.fsdecode(tf.get_static_value(tensor).item())
      for tensor in tf.get_collection(tf.GraphKeys.ASSET_FILEPATHS)
      if tensor.op.name in names
    },
    update_ops=update_ops,
    custom_gradients=custom_gradients,
  )


def _update_ops(graph_def: Any) -> list[str]:
  """Returns the assignments that a call makes, but not those that restore."""
  restoring = {v.initializer.name for v in tf.global_variables()}
  return [
    node.name
    for node in graph_def.node
    if node.op in _UPDATES and node.name not in restoring
  ]


def _settle(graph_def: Any) -> None:
  """Makes a graph independent of other graphs, and its random ops repeatable.

  Where a module is applied, Hub puts unfed placeholders in place of its tables, so
  nothing may wait for a table; only the table's name is needed. Random ops of
  TensorFlow 2 take their seed from the place where they were traced. Mostly that is
  no seed, and they would differ from run to run.
  """
  seeds = itertools.count(1)
  state = {f"^{n.name}" for n in graph_def.node if _is_state(n)}
  for node in graph_def.node:
    inputs = [i for i in node.input if i not in state]
    del node.input[:]
    node.input.extend(inputs)
    for attr in ("_class", _GRADIENT):
      if attr in node.attr:
        del node.attr[attr]
    if {"seed", "seed2"} <= set(node.attr) and not (
      node.attr["seed"].i or node.attr["seed2"].i
    ):
      node.attr["seed"].i = 1
      node.attr["seed2"].i = next(seeds)


def _is_state(node: Any) -> bool:
  """Returns whether a node is a variable or table: a handle without inputs."""
  if any(not name.startswith("^") for name in node.input):
    return False
  op = op_def_registry.get(node.op)
  return op is not None and [o.type for o in op.output_arg] == [
    tf.resource.as_datatype_enum
  ]
