"""The call of a reusable SavedModel: its arguments, and its result."""

import dataclasses
import inspect
import keyword
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hub_estimator.tensorflow_runtime import tf

_DEFAULT = "default"
_OWN = ("inputs", "training", "as_dict")
Apply = Callable[[Mapping[str, Any]], dict[str, Any]]


@dataclasses.dataclass(frozen=True)
class Calls:
  """A call, and its two modes as functions of its inputs alone.

  Attributes:
    call: of (inputs, training, …).
    serve: for inference.
    train: for training.
  """

  call: Any
  serve: Any
  train: Any


def make_calls(
  specs: Mapping[str, tf.TensorSpec],
  hyperparameters: Mapping[str, Any],
  outputs: Mapping[str, Any],
  apply: Mapping[bool, Apply],
) -> Calls:
  """Returns `__call__(inputs, training=False)`, traced for all its modes.

  `inputs` is a tensor, or a dict if there are several. A hyperparameter is a further
  argument. The result is the output "default" or the only one, else a dict. A module
  with "default" and other outputs gives all of them with the argument `as_dict=True`.

  Args:
    specs: types of all inputs by name, hyperparameters included.
    hyperparameters: the values that some inputs have by default.
    outputs: by name.
    apply: by `training`, the function from inputs to outputs.
  """
  names = [name for name in specs if name not in hyperparameters]
  picks = _DEFAULT in outputs and len(outputs) > 1
  signature = _signature(hyperparameters, as_dict=picks)

  def call(*arguments: Any, **named: Any) -> Any:
    bound = signature.bind(*arguments, **named)
    bound.apply_defaults()
    given = bound.arguments
    inputs = given["inputs"]
    tensors = dict(inputs) if len(names) > 1 else {names[0]: inputs}
    tensors.update({name: given[name] for name in hyperparameters})
    result = apply[given["training"]](tensors)
    if given.get("as_dict") or (_DEFAULT not in result and len(result) > 1):
      return result
    return result.get(_DEFAULT, next(iter(result.values())))

  call.__signature__ = signature  # type: ignore[attr-defined]
  function = tf.compat.v2.function(call, autograph=False)
  given = {name: specs[name] for name in names}
  inputs = given if len(names) > 1 else given[names[0]]
  named = {name: specs[name] for name in hyperparameters}
  for mode in _modes(picks):
    function.get_concrete_function(inputs, **mode, **named)
  return Calls(
    function,
    _endpoint(function, inputs, training=False),
    _endpoint(function, inputs, training=True),
  )


def _endpoint(call: Any, inputs: Any, *, training: bool) -> Any:
  """Returns the call in one mode, as a function of its inputs alone."""

  def function(inputs: Any) -> Any:
    return call(inputs, training=training)

  made = tf.compat.v2.function(function, autograph=False)
  made.get_concrete_function(inputs)
  return made


def python_name(name: str) -> str:
  """Returns a name as TensorFlow 2 allows it for an argument."""
  plain = "".join(c if c.isalnum() else "_" for c in name)
  plain = plain if plain[:1].isalpha() else f"arg_{plain}"
  return f"{plain}_" if keyword.iskeyword(plain) else plain


def can_be_argument(name: str) -> bool:
  """Returns whether an input's name can be one of the call's own arguments."""
  return name not in _OWN and name == python_name(name)


def _signature(
  hyperparameters: Mapping[str, Any], *, as_dict: bool
) -> inspect.Signature:
  kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
  defaults = {"training": False, **({"as_dict": False} if as_dict else {})}
  return inspect.Signature(
    [
      inspect.Parameter("inputs", kind),
      *(
        inspect.Parameter(name, kind, default=value)
        for name, value in {**defaults, **hyperparameters}.items()
      ),
    ]
  )


def _modes(picks: bool) -> Iterator[dict[str, bool]]:
  for training in (False, True):
    if picks:
      yield from (
        {"training": training, "as_dict": as_dict} for as_dict in (False, True)
      )
    else:
      yield {"training": training}
