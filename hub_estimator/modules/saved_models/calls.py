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
    return _checked(first), dict
  if isinstance(first, list | tuple):
    kind = type(first)
    specs = _checked({f"input_{i}": spec for i, spec in enumerate(first)})
    return specs, lambda inputs: kind(inputs[name] for name in specs)
  name = getattr(first, "name", None) or "inputs"
  return _checked({name: first}), lambda inputs: inputs[name]


def _checked(specs: Mapping[str, Any]) -> Specs:
  for spec in specs.values():
    if not isinstance(spec, tf.TensorSpec):
      raise UserError(f"it is called with {spec}, not with tensors.")
  return dict(specs)


def named_outputs(outputs: Any, prefix: str = "") -> dict[str, tf.Tensor]:
  """Returns a call's outputs as tensors by name.

  Args:
    outputs: a tensor, named "default", or a nest of mappings and sequences, named
      by their keys and places, joined by "_".
    prefix: the name of `outputs` in the nest.
  """
  if isinstance(outputs, Mapping):
    items = list(outputs.items())
  elif isinstance(outputs, list | tuple):
    items = list(enumerate(outputs))
  else:
    return {prefix or DEFAULT: tf.convert_to_tensor(outputs)}
  return {
    name: tensor
    for key, value in items
    if value is not None
    for name, tensor in named_outputs(
      value, f"{prefix}_{key}" if prefix else str(key)
    ).items()
  }
