"""Bindings and names that two parameters of a space would share."""

import dataclasses
from collections import Counter
from collections.abc import Sequence, Set

from hub_estimator.errors import UserError
from hub_estimator.sweeps.parameters import (
  Choice,
  Option,
  Parameter,
  Range,
  bindings_of,
  walk,
)


def check_bound_once(parameters: Sequence[Parameter]) -> None:
  """Refuses a binding that two parameters would set at the same time.

  Raises:
    UserError: two parameters set one binding.
  """
  owners: dict[str, str] = {}
  for parameter in parameters:
    for binding in bindings_of(parameter):
      owner = owners.setdefault(binding, parameter.name)
      if owner != parameter.name:
        raise UserError(
          f"sweep.space sets {binding!r} twice: in {owner!r} and in "
          f"{parameter.name!r}."
        )
  for parameter in parameters:
    if isinstance(parameter, Choice):
      for option in parameter.options.values():
        check_bound_once(option.parameters)


def with_unique_names(
  parameters: tuple[Parameter, ...],
) -> tuple[Parameter, ...]:
  """Returns the parameters; a name in two branches gets each branch's label."""
  names = Counter(p.name for p in walk(parameters))
  repeated = {name for name, count in names.items() if count > 1}
  return tuple(_qualify(p, repeated, "") for p in parameters)


def _qualify(parameter: Parameter, repeated: Set[str], above: str) -> Parameter:
  name = parameter.name
  if above and name in repeated:
    name = f"{name} ({above})"
  if isinstance(parameter, Range):
    return dataclasses.replace(parameter, name=name)
  options = {
    label: Option(
      option.bindings,
      tuple(
        _qualify(p, repeated, f"{parameter.name}={label}")
        for p in option.parameters
      ),
    )
    for label, option in parameter.options.items()
  }
  return Choice(name, options)
