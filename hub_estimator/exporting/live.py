"""What the live graph computes, for exported files to be compared with."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hub_estimator.graphs import find_random_ops
from hub_estimator.model import (
  AppliedModule,
  applied_modules,
  placed_modules,
)
from hub_estimator.modules import ModuleInfo
from hub_estimator.tensorflow_runtime import estimator as tf_estimator
from hub_estimator.tensorflow_runtime import hub, tf

Arrays = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class Outputs:
  """What some tensors of a graph are.

  Attributes:
    values: arrays by name.
    random: types of random ops, by the name of each tensor that draws by them.
    shapes: as far as they are known before the graph runs, by name.
  """

  values: Arrays
  random: Mapping[str, Sequence[str]]
  shapes: Mapping[str, tf.TensorShape]


@dataclasses.dataclass(frozen=True)
class LiveModule:
  """How the live graph applies a module that is exported.

  Attributes:
    info: of the module that training started with.
    signature: the name of the signature that is applied.
    tags: of the variant that is applied.
    inputs: values [batch, ...] by the signature's input.
    outputs: arrays [batch, ...] by the names that `dense_tensors` gives them; none if
      the graph doesn't apply the module.
    read: names of the signature's outputs that the run reads.
    variables: values by the module's own names.
  """

  info: ModuleInfo
  signature: str
  tags: frozenset[str]
  inputs: Mapping[str, Any]
  outputs: Outputs
  read: frozenset[str]
  variables: Arrays


@dataclasses.dataclass(frozen=True)
class LiveGraph:
  """What the live graph computes for some examples.

  Attributes:
    features: arrays [batch, ...] by name, as they are fed.
    predictions: arrays [batch, ...] by the exported model's names.
    tensors: names of the predictions' tensors in the graph.
    variables: values of all variables.
    modules: by export name.
    graph_def: the graph.
  """

  features: Arrays
  predictions: Outputs
  tensors: Mapping[str, str]
  variables: Arrays
  modules: Mapping[str, LiveModule]
  graph_def: tf.GraphDef


def read_live(
  session: tf.Session,
  receiver: tf_estimator.export.ServingInputReceiver,
  predictions: Mapping[str, tf.Tensor],
  examples: Sequence[bytes],
) -> LiveGraph:
  """Runs a graph on examples and returns what it computes.

  Args:
    session: of a graph in PREDICT mode that holds the checkpoint's weights.
    receiver: the graph's input, with the alternative "examples".
    predictions: the graph's predictions by name.
    examples: serialized tf.Examples of one real batch.
  """
  serialized = receiver.receiver_tensors_alternatives["examples"]["examples"]
  applied = {
    one.placed.source.export_name: one
    for one in (
      *(AppliedModule(placed, {}, {}) for placed in placed_modules()),
      *applied_modules(),
    )
    if one.placed.source.export_name is not None
  }
  fetches = {
    "features": dict(receiver.receiver_tensors),
    "predictions": dict(predictions),
    "variables": {v.op.name: v for v in tf.global_variables()},
    "modules": {
      name: {
        "inputs": module.inputs,
        "outputs": dense_tensors(module.outputs),
        "variables": module_variables(module.placed.module),
      }
      for name, module in applied.items()
    },
  }
  # No op is added here: the graph may be about to become a SavedModel.
  graph_def = session.graph.as_graph_def()
  session.run(tf.get_collection(tf.GraphKeys.TABLE_INITIALIZERS))
  values = session.run(fetches, {serialized: list(examples)})
  return LiveGraph(
    values["features"],
    _outputs(graph_def, predictions, values["predictions"]),
    {name: tensor.name for name, tensor in predictions.items()},
    values["variables"],
    {
      name: _live_module(graph_def, module, values["modules"][name])
      for name, module in applied.items()
    },
    graph_def,
  )


def dense_tensors(outputs: Mapping[str, Any]) -> dict[str, tf.Tensor]:
  """Returns outputs as dense tensors by name.

  Args:
    outputs: tensors by name. A sparse or ragged one, named "x", becomes "x[0]",
      "x[1]" and so on.
  """
  found = {}
  for name, output in outputs.items():
    parts = tf.nest.flatten(output, expand_composites=True)
    if isinstance(output, tf.Tensor):
      found[name] = output
    else:
      found |= {f"{name}[{place}]": part for place, part in enumerate(parts)}
  return found


def module_variables(module: hub.Module) -> dict[str, tf.Variable]:
  """Returns a module's variables by name; the parts of one by their numbers.

  Args:
    module: in the current graph.
  """
  found: dict[str, tf.Variable] = {}
  for name, variable in module.variable_map.items():
    if isinstance(variable, list):
      found |= {f"{name}/part_{i}": part for i, part in enumerate(variable)}
    else:
      found[name] = variable
  return found


def _live_module(
  graph_def: tf.GraphDef, module: AppliedModule, values: Mapping[str, Any]
) -> LiveModule:
  return LiveModule(
    module.placed.info,
    module.placed.source.signature,
    module.placed.tags,
    values["inputs"],
    _outputs(graph_def, dense_tensors(module.outputs), values["outputs"]),
    frozenset(module.read),
    values["variables"],
  )


def _outputs(
  graph_def: tf.GraphDef, tensors: Mapping[str, tf.Tensor], values: Arrays
) -> Outputs:
  return Outputs(
    values,
    find_random_ops(graph_def, {n: [t.name] for n, t in tensors.items()}),
    {name: tensor.shape for name, tensor in tensors.items()},
  )
