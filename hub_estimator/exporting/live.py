"""What the live graph computes, for exported files to be compared with."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from hub_estimator.model import applied_modules
from hub_estimator.tensorflow_runtime import estimator as tf_estimator
from hub_estimator.tensorflow_runtime import tf

Arrays = Mapping[str, np.ndarray]


@dataclasses.dataclass(frozen=True)
class LiveModule:
  """How the live graph applies a module that is exported.

  Attributes:
    signature: the name of the signature that is applied.
    tags: of the variant that is applied.
    inputs: arrays [batch, ...] by the signature's input.
    outputs: arrays [batch, ...] by the signature's output.
    variables: values by the module's own names.
  """

  signature: str
  tags: frozenset[str]
  inputs: Arrays
  outputs: Arrays
  variables: Arrays


@dataclasses.dataclass(frozen=True)
class LiveGraph:
  """What the live graph computes for some examples.

  Attributes:
    features: arrays [batch, ...] by name, as they are fed.
    predictions: arrays [batch, ...] by the exported model's names.
    modules: by export name.
  """

  features: Arrays
  predictions: Arrays
  modules: Mapping[str, LiveModule]


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
    placed.source.export_name: (placed, inputs, outputs)
    for placed, inputs, outputs in applied_modules()
    if placed.source.export_name is not None
  }
  fetches = {
    "features": dict(receiver.receiver_tensors),
    "predictions": dict(predictions),
    "modules": {
      name: {
        "inputs": inputs,
        "outputs": outputs,
        "variables": placed.module.variable_map,
      }
      for name, (placed, inputs, outputs) in applied.items()
    },
  }
  # No op is added here: the graph may be about to become a SavedModel.
  session.run(tf.get_collection(tf.GraphKeys.TABLE_INITIALIZERS))
  values = session.run(fetches, {serialized: list(examples)})
  return LiveGraph(
    values["features"],
    values["predictions"],
    {
      name: LiveModule(
        placed.source.signature, placed.tags, **values["modules"][name]
      )
      for name, (placed, _, _) in applied.items()
    },
  )
