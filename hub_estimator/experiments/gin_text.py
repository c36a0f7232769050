"""A run that was defined in Python, as gin text."""

import dataclasses
import functools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub_estimator import config
from hub_estimator.errors import UserError
from hub_estimator.experiments.experiment import Experiment

_OWN_EXAMPLES = "hub_estimator.examples"
_FUNCTIONS = (functools.partial, config.BoundFunction)


def to_gin(experiment: Experiment) -> str:
  """Returns gin text that defines an equal run.

  Only values that differ from their defaults are written. A part that occurs once is
  bound by its name, such as `optimizers.adam.learning_rate`; parts that occur several
  times have a scope each, named after their place in the run.

  Args:
    experiment: the run's definition.

  Raises:
    UserError: a part isn't registered with gin, or a value has no gin form.
  """
  return _Writer(experiment).text()


class _Writer:
  def __init__(self, experiment: Experiment):
    self._selectors = {
      id(part): selector.removeprefix("hub_estimator.")
      for selector, part in config.registered_parts().items()
    }
    self._experiment = experiment
    self._counts: dict[str, int] = {}
    for part in _parts_in(experiment):
      selector = self._selectors.get(id(_kind(part)), "")
      self._counts[selector] = self._counts.get(selector, 0) + 1
    self._imports: set[str] = set()
    self._bindings: dict[str, list[str]] = {}
    self._scopes: dict[int, str] = {}

  def text(self) -> str:
    self._bind(self._experiment, ("run",))
    imports = [f"import {module}" for module in sorted(self._imports)]
    blocks = ["\n".join(imports)] if imports else []
    blocks += ["\n".join(lines) for lines in self._bindings.values() if lines]
    return "\n\n".join(blocks) + "\n"

  def _bind(self, part: Any, place: tuple[str, ...]) -> str:
    """Writes the bindings of a part, and returns the name that refers to it."""
    name = self._name(part, place)
    if name in self._bindings and id(part) in self._scopes:
      return name
    self._scopes[id(part)] = name
    # Before those of its parts.
    lines = self._bindings.setdefault(name, [])
    lines += [
      f"{name}.{field} = {self._value(value, (*place, field))}"
      for field, value in _changed_fields(part)
    ]
    return name

  def _name(self, part: Any, place: tuple[str, ...]) -> str:
    kind = _kind(part)
    selector = self._selectors.get(id(kind))
    if selector is None:
      raise UserError(
        f"{'.'.join(place)} is {part!r}, which gin doesn't know; register it with "
        "gin.register."
      )
    module = kind.__module__
    if module == "__main__":
      raise UserError(
        f"{'.'.join(place)} is {part!r}, of the script itself; define it in a module "
        "that a config can import."
      )
    if not module.startswith("hub_estimator.") or module.startswith(
      _OWN_EXAMPLES
    ):
      self._imports.add(module)
    if self._counts[selector] == 1:
      return selector
    return f"{'_'.join(place[1:])}/{selector}"

  def _value(self, value: Any, place: tuple[str, ...]) -> str:
    """Returns a value as a gin file has it."""
    if value is None or isinstance(value, (bool, int, float, str, bytes)):
      text = repr(value)
      if text.strip("-") in ("nan", "inf"):
        raise UserError(f"{'.'.join(place)} is {text}, which gin can't read.")
      return text
    if isinstance(value, Mapping):
      items = (
        f"{self._value(k, place)}: {self._value(v, (*place, str(k)))}"
        for k, v in value.items()
      )
      return "{" + ", ".join(items) + "}"
    if isinstance(value, (list, tuple)):
      return self._sequence(value, place)
    if dataclasses.is_dataclass(value) or isinstance(value, _FUNCTIONS):
      call = "()" if dataclasses.is_dataclass(value) else ""
      return f"@{self._bind(value, place)}{call}"
    if callable(value):
      return f"@{self._name(value, place)}"
    raise UserError(f"{'.'.join(place)} is {value!r}, which gin can't read.")

  def _sequence(self, value: Sequence[Any], place: tuple[str, ...]) -> str:
    items = [self._value(v, (*place, str(i))) for i, v in enumerate(value)]
    if isinstance(value, tuple):
      return f"({', '.join(items)}{',' if len(items) == 1 else ''})"
    return f"[{', '.join(items)}]"


def _kind(part: Any) -> Any:
  """Returns the class or function that gin has registered for a part."""
  if isinstance(part, functools.partial):
    return part.func
  if isinstance(part, config.BoundFunction):
    return part.function
  return type(part) if dataclasses.is_dataclass(part) else part


def _changed_fields(part: Any) -> Iterator[tuple[str, Any]]:
  """Yields (name, value) of the fields that differ from their defaults."""
  if isinstance(part, _FUNCTIONS):
    yield from part.keywords.items()
    return
  for field in dataclasses.fields(part):
    value = getattr(part, field.name)
    default = field.default
    if field.default_factory is not dataclasses.MISSING:
      default = field.default_factory()
    if default is dataclasses.MISSING or not _equal(value, default):
      yield field.name, value


def _equal(a: Any, b: Any) -> bool:
  return type(a) is type(b) and bool(a == b)


def _parts_in(value: Any) -> Iterator[Any]:
  """Yields a part and all parts in it that will be written."""
  if isinstance(value, Mapping):
    for item in value.values():
      yield from _parts_in(item)
  elif isinstance(value, (list, tuple)):
    for item in value:
      yield from _parts_in(item)
  elif (
    dataclasses.is_dataclass(value) and not isinstance(value, type)
  ) or isinstance(value, _FUNCTIONS):
    yield value
    for _, field in _changed_fields(value):
      yield from _parts_in(field)
  elif callable(value):
    yield value
