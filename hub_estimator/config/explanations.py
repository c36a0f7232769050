"""Gin's error messages in one line, with the nearest names added."""

import re
from collections.abc import Iterable

from hub_estimator.config import gin_internals
from hub_estimator.errors import nearest, one_line

_UNKNOWN = re.compile(
  r"No configurable matching (?:reference )?'@?([\w./]+)(?:\(\))?'"
)
_UNBOUND_MACRO = re.compile(
  r"No bindings specified for '([\w./]+?)(?:/?gin\.macro|/macro)?'"
)
_UNKNOWN_PARAMETER = re.compile(
  r"[Cc]onfigurable '([\w.]+)' doesn't have a parameter named '(\w+)'"
)

# What `run` lacks unless base.gin or the user's config binds it.
_WITHOUT_BASE = re.compile(
  r"Experiment\.__init__\(\) missing \d+ required positional arguments?: (.+?)"
  r"(?= No values supplied| Gin had|$)"
)
_CALLED_SCHEDULE = re.compile(
  r"(\w+)\(\) missing 1 required positional argument: 'step'"
)
# Says nothing, and differs from run to run.
_ADDRESS = re.compile(r" \(<[^>]* at 0x[0-9a-f]+>\)")


def explain(error: Exception) -> str:
  """Returns the message of an error that gin raised, with the nearest names."""
  message = one_line(error)
  if unknown := _UNKNOWN.search(message):
    name = unknown.group(1).split("/")[-1]
    message += " " + nearest(name, _names_in_gin_files())
  if macro := _UNBOUND_MACRO.search(message):
    name = macro.group(1)
    bound = gin_internals.bound_macros()
    message = f"the macro %{name} is used and never bound; " + nearest(
      name, bound
    )
  if parameter := _UNKNOWN_PARAMETER.search(message):
    known = gin_internals.parameters_of(parameter.group(1))
    if known is not None:
      message += " " + nearest(parameter.group(2), known)
  if forgotten := _WITHOUT_BASE.search(message):
    message = (
      f'the config binds no {forgotten.group(1)}; include "base.gin" puts a run '
      "together from HANDLE, HEAD and its inputs"
    )
  if called := _CALLED_SCHEDULE.search(message):
    name = called.group(1)
    message = (
      f"@schedules.{name}() is called in the config, and needs the step; pass it "
      f"uncalled: @schedules.{name}"
    )
  return _ADDRESS.sub("", message)


def _names_in_gin_files() -> Iterable[str]:
  """Yields the names of all configurables as gin files have them."""
  for selector in gin_internals.registered_parts():
    name = ".".join(selector.split(".")[-2:])
    name = name.removeprefix("hub_estimator.")
    if not name.startswith("gin."):
      yield name
