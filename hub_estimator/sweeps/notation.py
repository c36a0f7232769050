"""How gin says what varies: lists, tagged tuples and named bundles."""

from collections.abc import Mapping, Sequence
from typing import Any

from hub_estimator.errors import UserError, nearest
from hub_estimator.sweeps.clashes import check_bound_once, with_unique_names
from hub_estimator.sweeps.parameters import (
  Choice,
  Label,
  Option,
  Parameter,
  Range,
)
from hub_estimator.sweeps.space import Space

_CHOICE = "choice"
_RANGES = ("float", "log", "int")
_HOW = (
  "a list of choices; ('choice', a, b, …); ('float', low, high[, step]); ('log', "
  "low, high); ('int', low, high[, step]); or {'name': {binding: value, …}, …}"
)


def read_space(raw: Any) -> Space:
  """Returns the space that is bound to `sweep.space`.

  Args:
    raw: {binding or name: what varies}. References such as `@heads.binary()` are
      gin's own objects, not evaluated.

  Raises:
    UserError: it isn't a space; the message names the wrong entry.
  """
  if not isinstance(raw, Mapping) or not raw:
    raise UserError(
      f"sweep.space is {raw!r}; it is {{binding: what varies}}, and what varies is "
      f"{_HOW}."
    )
  parameters = tuple(
    _read(name, value, f"sweep.space {name!r}") for name, value in _sorted(raw)
  )
  check_bound_once(parameters)
  return Space(with_unique_names(parameters))


def _sorted(mapping: Mapping[Any, Any]) -> list[tuple[Any, Any]]:
  """Returns its items in the order in which gin writes them."""
  return sorted(mapping.items(), key=lambda item: str(item[0]))


def _read(name: str, value: Any, where: str) -> Parameter:
  if isinstance(value, Mapping):
    return Choice(
      name,
      {
        label: _read_bundle(bindings, f"{where}, {label!r}")
        for label, bindings in _sorted(value)
      },
    )
  if isinstance(value, list):
    return _read_choice(name, value, where)
  if isinstance(value, tuple) and value and value[0] == _CHOICE:
    return _read_choice(name, value[1:], where)
  if isinstance(value, tuple) and value and isinstance(value[0], str):
    return _read_range(name, value, where)
  raise UserError(f"{where} is {value!r}; it is {_HOW}.")


def _read_bundle(bindings: Any, where: str) -> Option:
  if not isinstance(bindings, Mapping):
    raise UserError(f"{where} is {bindings!r}; it is {{binding: value, …}}.")
  fixed: list[tuple[str, str]] = []
  parameters: list[Parameter] = []
  for name, value in _sorted(bindings):
    if _varies(value):
      parameters.append(_read(name, value, f"sweep.space {name!r}"))
    else:
      fixed.append((name, repr(value)))
  return Option(tuple(fixed), tuple(parameters))


def _varies(value: Any) -> bool:
  """Returns whether a value in a bundle varies: a tagged tuple, or bundles."""
  if isinstance(value, tuple):
    return bool(value) and value[0] in (_CHOICE, *_RANGES)
  return (
    isinstance(value, Mapping)
    and bool(value)
    and all(isinstance(v, Mapping) for v in value.values())
  )


def _read_choice(name: str, values: Sequence[Any], where: str) -> Choice:
  if len(values) < 1:
    raise UserError(f"{where} has no choices.")
  options: dict[Label, Option] = {}
  for value in values:
    label = (
      value
      if value is None or isinstance(value, (bool, int, float, str))
      else repr(value)
    )
    # True == 1: both would have one key.
    if any(label == other for other in options):
      raise UserError(f"{where} has the choice {label!r} twice.")
    options[label] = Option(((name, repr(value)),))
  return Choice(name, options)


def _read_range(name: str, value: tuple[Any, ...], where: str) -> Range:
  kind, *numbers = value
  if kind not in _RANGES:
    raise UserError(
      f"{where} is of the kind {kind!r}: {nearest(kind, _RANGES)}"
    )
  most = 2 if kind == "log" else 3
  number = int if kind == "int" else (int, float)
  if not 2 <= len(numbers) <= most or not all(
    isinstance(n, number) and not isinstance(n, bool) for n in numbers
  ):
    raise UserError(f"{where} is {value!r}; it is {_HOW}.")
  low, high, *step = numbers
  if low >= high or (kind == "log" and low <= 0) or (step and step[0] <= 0):
    raise UserError(
      f"{where} is {value!r}: low is below high, a step above 0, and the low end of "
      "'log' above 0."
    )
  if kind == "int":
    return Range(name, name, kind, low, high, step[0] if step else 1)
  return Range(
    name, name, kind, float(low), float(high), float(step[0]) if step else None
  )
