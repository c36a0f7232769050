"""Which bindings a command reads: those that its configurables reach."""

import sys
from collections.abc import Sequence
from typing import Any

from hub_estimator.config import gin_internals
from hub_estimator.config.gin_internals import Key

_MACRO = "gin.macro"


def read_keys(roots: Sequence[str]) -> set[Key]:
  """Returns the keys of the bindings that calls of some configurables may read.

  Bindings of a function that Python code calls by itself count as read, if gin has
  decorated it: `@gin.configurable`, not `@gin.register`.

  Args:
    roots: names of the configurables.
  """
  reached = _reached(roots)
  return {key for key in gin_internals.bound_keys() if key[:2] in reached}


def readable_names(roots: Sequence[str]) -> set[str]:
  """Returns the names of the bindings that would be read, bound or not.

  Args:
    roots: names of the configurables.
  """
  macros = gin_internals.bound_macros()  # They are scopes, of no use to a user.
  return {
    binding_name((scope, selector, name))
    for scope, selector in _reached(roots)
    if selector == _MACRO or scope.split("/")[0] not in macros
    for name in gin_internals.parameters_of(selector) or []
  }


def binding_name(key: Key) -> str:
  """Returns the name of a binding as a gin file has it."""
  scope, selector, name = key
  if selector == _MACRO:
    return scope
  prefix = f"{scope}/" if scope else ""
  return f"{prefix}{selector.removeprefix('hub_estimator.')}.{name}"


def _reached(roots: Sequence[str]) -> set[tuple[str, str]]:
  """Returns (scope, selector) of each lookup that calls of `roots` may make."""
  reached: set[tuple[str, str]] = set()
  seen: set[tuple[str, str]] = set()
  parts = gin_internals.registered_parts()
  waiting = [
    ("", selector)
    for selector in parts
    if selector.removeprefix("hub_estimator.") in roots
  ]
  waiting += [
    (scope, selector)
    for scope, selector, _ in gin_internals.bound_keys()
    if selector != _MACRO and _is_called_by_code(parts[selector])
  ]
  while waiting:
    call = scope, selector = waiting.pop()
    if call in seen:
      continue
    seen.add(call)
    scopes = scope.split("/") if scope else []
    for depth in range(len(scopes) + 1):
      if selector == _MACRO and depth < len(scopes):
        continue
      at = "/".join(scopes[:depth]), selector
      reached.add(at)
      for reference in gin_internals.references_at(*at):
        to = reference.configurable.selector
        waiting.append(("/".join(reference.scopes) or scope, to))
        if not reference.evaluate:  # Somebody calls it later, in no scope.
          waiting.append(("/".join(reference.scopes), to))
  return reached


def _is_called_by_code(part: Any) -> bool:
  """Returns whether gin has decorated a part, so that any call gets bindings."""
  if isinstance(part, type):
    made = part.__dict__.get("__init__") or part.__dict__.get("__new__")
    return hasattr(made, "__wrapped__")
  module = sys.modules.get(part.__module__)
  if part.__module__.split(".")[0] == "gin":
    return False
  return getattr(module, part.__qualname__, None) is not part
