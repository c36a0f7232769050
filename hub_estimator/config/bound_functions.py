"""Functions that a config passes uncalled, such as `@schedules.cosine`.

gin's function looks up its bindings when it is called, so it changes with the next
config, and two configs give the same function whatever they bind. A `BoundFunction`
keeps the bindings of its own config, and equals another if those are equal.
"""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any

from hub_estimator.config import gin_internals


class BoundFunction:
  """A function with the bindings of the config that named it.

  Attributes:
    function: as it was registered with gin.
    keywords: its arguments, without those of a call.
  """

  def __init__(
    self,
    function: Callable[..., Any],
    keywords: Mapping[str, Any],
    call: Callable[..., Any],
    identity: tuple[Any, ...],
  ):
    """Binds a function.

    Args:
      function: as it was registered with gin.
      keywords: its arguments.
      call: calls the function with its bindings.
      identity: all that the function's values depend on.
    """
    functools.update_wrapper(self, function)
    self.function = function
    self.keywords = dict(keywords)
    self._call = call
    self._identity = (function, *identity)

  def __call__(self, *args: Any, **kwargs: Any) -> Any:
    return self._call(*args, **kwargs)

  def __eq__(self, other: object) -> bool:
    if not isinstance(other, BoundFunction):
      return NotImplemented
    return self._identity == other._identity

  def __hash__(self) -> int:
    return hash(self._identity)

  def __repr__(self) -> str:
    return f"<{self.function.__qualname__} with {self.keywords}>"


def bind_functions(value: Any) -> Any:
  """Returns a built value, with a BoundFunction for each function that gin passed.

  Args:
    value: of dataclasses, lists, tuples and dicts; other objects stay as they are.
  """
  references = gin_internals.function_references()
  if not references:
    return value
  bindings = gin_internals.copy_of_bindings()

  def bind(value: Any) -> Any:
    if id(value) in references:
      return _bound(value, references[id(value)], bindings)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
      return _replaced(value, bind)
    if type(value) in (list, tuple):
      items = [bind(item) for item in value]
      same = all(a is b for a, b in zip(items, value, strict=True))
      return value if same else type(value)(items)
    if type(value) is dict:
      return {key: bind(item) for key, item in value.items()}
    return value

  return bind(value)


def _bound(
  function: Callable[..., Any], reference: Any, bindings: Mapping[Any, Any]
) -> BoundFunction:
  def call(*args: Any, **kwargs: Any) -> Any:
    with gin_internals.with_bindings(bindings):
      return function(*args, **kwargs)

  return BoundFunction(
    reference.configurable.wrapped,
    gin_internals.bound_keywords(reference),
    call,
    gin_internals.reachable_bindings(reference),
  )


def _replaced(value: Any, bind: Callable[[Any], Any]) -> Any:
  """Returns a dataclass with bound fields; the same object if nothing changes."""
  changed = {}
  for field in dataclasses.fields(value):
    before = getattr(value, field.name)
    after = bind(before)
    if after is not before and field.init:
      changed[field.name] = after
  return dataclasses.replace(value, **changed) if changed else value
