"""Functions of the user's: their names, and calls with the arguments they take."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hub_estimator.errors import UserError


def check(function: Any, binding: str, *, needs: Sequence[str]) -> None:
  """Raises a UserError unless a function takes some arguments by name.

  Args:
    function: of the user's.
    binding: gin's name of the field.
    needs: names of the arguments.
  """
  if not callable(function):
    raise UserError(
      f"{binding} is {function!r}; it must be a function, passed uncalled: "
      "@my_function."
    )
  taken = inspect.signature(function).parameters
  for name in needs:
    if name not in taken:
      raise UserError(
        f"{binding} {short_name(function)} takes no argument {name!r}; it takes: "
        f"{', '.join(taken) or 'nothing'}."
      )


def call(function: Callable[..., Any], arguments: Mapping[str, Any]) -> Any:
  """Calls a function with those of some arguments that it takes."""
  taken = inspect.signature(function).parameters
  return function(**{n: v for n, v in arguments.items() if n in taken})


def takes(function: Callable[..., Any], argument: str) -> bool:
  """Returns whether a function takes an argument by name."""
  return argument in inspect.signature(function).parameters


def short_name(function: Any) -> str:
  """Returns a function's name, for messages."""
  return str(getattr(function, "__qualname__", repr(function)))


def full_name(function: Callable[..., Any]) -> str:
  """Returns a function's name with its module."""
  bare = inspect.unwrap(function)
  return f"{bare.__module__}.{short_name(bare)}"
