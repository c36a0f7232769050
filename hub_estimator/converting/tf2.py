"""A module as a SavedModel of TensorFlow 2: written, and applied."""

import inspect
import pathlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from hub_estimator.converting.eager import run_eagerly
from hub_estimator.converting.plan import Plan, make_plan, refusal
from hub_estimator.converting.reusable import build_reusable
from hub_estimator.converting.variables import make_variables
from hub_estimator.errors import UserError, one_line
from hub_estimator.tensorflow_runtime import tf

__all__ = ["apply_saved_model", "make_plan", "write_saved_model"]

Arrays = dict[str, np.ndarray]


def write_saved_model(plan: Plan, path: pathlib.Path) -> None:
  """Writes a module as a SavedModel.

  Args:
    plan: what becomes of the module.
    path: a directory that doesn't exist yet.

  Raises:
    UserError: TensorFlow can't save it, or this process has disabled eager
      execution.
  """

  def write() -> None:
    root, signatures = build_reusable(plan, make_variables(plan))
    tf.compat.v2.saved_model.save(root, str(path), signatures)

  try:
    run_eagerly(write)
  except UserError as error:
    raise refusal(plan.info, str(error)) from error
  except Exception as error:  # TensorFlow raises errors of any class.
    raise refusal(
      plan.info, f"{type(error).__name__}: {one_line(error)}"
    ) from error


def apply_saved_model(
  path: pathlib.Path, inputs: Mapping[str, np.ndarray]
) -> tuple[Arrays, Arrays]:
  """Returns (outputs, variables) by name of a module that was converted.

  Args:
    path: of the SavedModel.
    inputs: arrays of all inputs of its call, by name.
  """

  def apply() -> tuple[Arrays, Arrays]:
    loaded = tf.compat.v2.saved_model.load(str(path))
    arguments = inspect.signature(loaded.__call__).parameters
    given = {name: tf.constant(value) for name, value in inputs.items()}
    named = {n: given.pop(n) for n in list(given) if n in arguments}
    if "as_dict" in arguments:
      named["as_dict"] = True
    result = loaded(
      given if len(given) > 1 else next(iter(given.values())), **named
    )
    if not isinstance(result, Mapping):
      first = min(loaded.signatures["serving_default"].structured_outputs)
      name = first.rpartition("_row_splits_")[0] or first
      result = {name: result}
    return (
      {name: tensor.numpy() for name, tensor in _dense(result).items()},
      {v.name.removesuffix(":0"): v.numpy() for v in loaded.variables},
    )

  return run_eagerly(apply)


def _dense(outputs: Mapping[str, Any]) -> dict[str, Any]:
  """Returns dense tensors by name; a RaggedTensor "x" becomes "x[0]", "x[1]", …."""
  found: dict[str, Any] = {}
  for name, output in outputs.items():
    parts = tf.nest.flatten(output, expand_composites=True)
    is_dense = isinstance(output, tf.Tensor)
    found |= {
      name if is_dense else f"{name}[{i}]": part for i, part in enumerate(parts)
    }
  return found
