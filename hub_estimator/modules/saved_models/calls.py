"""The functions of a loaded SavedModel that become signatures of a module."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.modules.saved_models.plain_graph import (
  DEFAULT,
  main_signature,
)
from hub_estimator.tensorflow_runtime import tf

Tensors = Mapping[str, tf.Tensor]
Specs = Mapping[str, tf.TensorSpec]
# A function's inputs, and the function of tensors by the names of these inputs.
Call = tuple[Specs, Callable[[Tensors], Any]]


def find_calls(loaded: Any, *, training: bool) -> dict[str, Call]:
  """Returns the calls of a loaded SavedModel, by signature name.

  Args:
    loaded: from `tf.saved_model.load`.
    training: the value of the argument `training` for the model's own call.

  Raises:
    UserError: the model's call takes something other than tensors.
  """
  found: dict[str, Call] = {}
  # A SavedModel restores `__call__` only if it is a TensorFlow function.
  concrete = loaded.__call__.concrete_functions if callable(loaded) else ()
  if concrete:
    found[DEFAULT] = _own_call(loaded, concrete[0], training)
  for name, function in loaded.signatures.items():
    # A signature has no training mode.
    found.setdefault(name, _signature_call(function))
  if DEFAULT not in found and found:
    found[DEFAULT] = found[main_signature(found)]
  return found


def _own_call(loaded: Any, function: Any, training: bool) -> Call:
  specs, pack = _call_inputs(function)
  named = {}
  if "as_dict" in inspect.signature(loaded.__call__).parameters:
    named["as_dict"] = True  # A converted module returns all outputs only then.

  def call(inputs: Tensors) -> Any:
    if training:
      return loaded(pack(inputs), training=True, **named)
    try:
      return loaded(pack(inputs), training=False, **named)
    except (TypeError, ValueError):  # It has no argument `training`.
      return loaded(pack(inputs))

  return specs, call


def _signature_call(function: Any) -> Call:
  specs = dict(function.structured_input_signature[1])
  return specs, lambda inputs: function(**inputs)


def _call_inputs(function: Any) -> tuple[Specs, Callable[[Tensors], Any]]:
  """Returns the specs of a call's first argument by name, and its packing."""
  arguments, _ = function.structured_input_signature
  first = arguments[0] if arguments else None
  if isinstance(first, Mapping):
    specs = _named(first)
  elif isinstance(first, list | tuple):
    specs = _named(first, "input")
  else:
    specs = {getattr(first, "name", None) or "inputs": first}
  for spec in specs.values():
    if not isinstance(spec, tf.TensorSpec):
      raise UserError(f"it is called with {spec}, not with tensors.")

  def pack(inputs: Tensors) -> Any:
    return tf.nest.pack_sequence_as(first, [inputs[name] for name in specs])

  return specs, pack


def named_outputs(outputs: Any) -> dict[str, tf.Tensor]:
  """Returns a call's outputs as tensors by name.

  Args:
    outputs: a tensor, named "default", or a nest of mappings and sequences, named
      by their keys and places, joined by "_".

  Raises:
    UserError: two of them would have the same name.
  """
  if not isinstance(outputs, Mapping | list | tuple):
    return {DEFAULT: tf.convert_to_tensor(outputs)}
  return {
    name: tf.convert_to_tensor(output)
    for name, output in _named(outputs).items()
    if output is not None
  }


def _named(nest: Any, prefix: str = "") -> dict[str, Any]:
  """Returns the leaves of a nest by their keys and places, joined by "_".

  Args:
    nest: mappings and sequences; their leaves come in the order of `tf.nest`.
    prefix: its own name; "" for the whole.

  Raises:
    UserError: two of them would have the same name.
  """
  if isinstance(nest, Mapping):
    items = sorted(nest.items())
  elif isinstance(nest, list | tuple):
    items = list(enumerate(nest))
  else:
    return {prefix: nest}
  found: dict[str, Any] = {}
  for key, value in items:
    leaves = _named(value, f"{prefix}_{key}" if prefix else str(key))
    twice = sorted(set(found) & set(leaves))
    if twice:
      raise UserError(f"two of its tensors would be named {twice[0]!r}.")
    found |= leaves
  return found
