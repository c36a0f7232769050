"""A module's variables as variables of TensorFlow 2, with their stored values."""

import os
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

from hub_estimator.converting.plan import Plan
from hub_estimator.errors import UserError
from hub_estimator.graphs import variable_name
from hub_estimator.modules import ModuleInfo
from hub_estimator.tensorflow_runtime import hub_internals, tf


def make_variables(plan: Plan) -> dict[str, tf.Variable]:
  """Returns new variables by name, with the values that a module stores.

  A partitioned variable is as many variables, one for each part.

  Args:
    plan: what becomes of the module; the variables are those of both variants.

  Raises:
    UserError: the module doesn't store one of them.
  """
  modes = (plan.inference, plan.training)
  definitions: dict[str, Any] = {}
  for mode in modes:
    definitions.update(_definitions(plan.info, mode.variant.tags))
  infos = {n: v for mode in modes for n, v in mode.variant.variables.items()}
  return {
    name: tf.compat.v2.Variable(
      value, name=name, trainable=infos[name].trainable
    )
    for name, value in _read(plan.info, definitions).items()
  }


def _definitions(info: ModuleInfo, tags: Collection[str]) -> dict[str, Any]:
  """Returns the VariableDefs of a variant by name."""
  from tensorflow.core.framework import variable_pb2

  graph = hub_internals.meta_graph(info.spec, tags)
  key = tf.GraphKeys.GLOBAL_VARIABLES
  if key not in graph.collection_def:  # To look it up would add it.
    return {}
  serialized = graph.collection_def[key]
  return {
    variable_name(value): variable_pb2.VariableDef.FromString(value)
    for value in serialized.bytes_list.value
  }


def _read(
  info: ModuleInfo, definitions: Mapping[str, Any]
) -> dict[str, np.ndarray]:
  if not definitions:
    return {}
  assert info.path is not None, f"{info.handle} isn't stored."
  prefix = os.path.join(info.path, "variables", "variables")
  reader = tf.train.load_checkpoint(prefix)
  values = {}
  for name, definition in definitions.items():
    place = definition.save_slice_info_def
    stored = place.full_name or name
    if not reader.has_tensor(stored):
      raise UserError(f"it doesn't store the variable {name!r}.")
    whole = reader.get_tensor(stored)
    values[name] = np.asarray(
      whole[
        tuple(
          slice(first, first + size)
          for first, size in zip(place.var_offset, place.var_shape, strict=True)
        )
      ]
    )
  return values
