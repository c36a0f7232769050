"""What varies in a sweep: read from gin, suggested to trials, told as bindings."""

import dataclasses
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from hub_estimator.errors import UserError, nearest

_CHOICE = "choice"
_RANGES = ("float", "log", "int")
_HOW = (
  "a list of choices; ('choice', a, b, …); ('float', low, high[, step]); ('log', "
  "low, high); ('int', low, high[, step]); or {'name': {binding: value, …}, …}"
)


@dataclasses.dataclass(frozen=True)
class Range:
  """Numbers between two, both included.

  Attributes:
    name: by which the study knows it.
    binding: the gin binding that it sets.
    kind: "float", "log" for one that is drawn by its logarithm, or "int".
    low: the least.
    high: the greatest.
    step: between two values; None leaves all.
  """

  name: str
  binding: str
  kind: str
  low: float
  high: float
  step: float | None

  def suggest(self, trial) -> Iterator[tuple[str, str]]:
    """Yields the binding and what it is bound to."""
    if self.kind == "int":
      value = trial.suggest_int(self.name, self.low, self.high, step=self.step)
    else:
      value = trial.suggest_float(
        self.name, self.low, self.high, step=self.step, log=self.kind == "log"
      )
    yield self.binding, repr(value)

  def grid(self) -> list[dict[str, Any]]:
    """Returns all values, each as {name: value}.

    Raises:
      UserError: there is no step, so no end of them.
    """
    if self.step is None:
      raise UserError(
        f"sweep.space {self.name!r}: a grid needs a list of choices or a step, as "
        f"in ('float', {self.low}, {self.high}, {(self.high - self.low) / 4:g})."
      )
    count = int((self.high - self.low) / self.step + 1e-9) + 1
    values = [self.low + i * self.step for i in range(count)]
    if self.kind == "int":
      return [{self.name: int(v)} for v in values]
    # Sums of steps are off by a float's last bits.
    return [{self.name: float(f"{v:.12g}")} for v in values]

  def probes(self) -> list[dict[str, Any]]:
    """Returns what to check before the first trial: both ends."""
    return [{self.name: self.low}, {self.name: self.high}]


@dataclasses.dataclass(frozen=True)
class Option:
  """One of several choices.

  Attributes:
    bindings: (binding, what it is bound to), all set together.
    parameters: what varies further under this choice alone.
  """

  bindings: tuple[tuple[str, str], ...]
  parameters: "tuple[Parameter, ...]" = ()


@dataclasses.dataclass(frozen=True)
class Choice:
  """One of several, by label.

  Attributes:
    name: by which the study knows it.
    options: by label: a string, a number, a bool or None.
  """

  name: str
  options: Mapping[Any, Option]

  def suggest(self, trial) -> Iterator[tuple[str, str]]:
    """Yields all bindings of the choice, and of what varies under it."""
    label = trial.suggest_categorical(self.name, list(self.options))
    option = self.options[label]
    yield from option.bindings
    for parameter in option.parameters:
      yield from parameter.suggest(trial)

  def grid(self) -> list[dict[str, Any]]:
    """Returns all choices with all of what varies under each."""
    return [
      {self.name: label} | below
      for label, option in self.options.items()
      for below in _product(p.grid() for p in option.parameters)
    ]

  def probes(self) -> list[dict[str, Any]]:
    """Returns each choice, with each probe of what varies under it."""
    return [
      {self.name: label} | below
      for label, option in self.options.items()
      for below in _one_at_a_time(option.parameters)
    ]


Parameter = Range | Choice


@dataclasses.dataclass(frozen=True)
class Space:
  """All that varies.

  Attributes:
    parameters: in alphabetical order.
  """

  parameters: tuple[Parameter, ...]

  def suggest(self, trial) -> list[str]:
    """Returns a trial's gin bindings.

    Args:
      trial: an `optuna.Trial`, or anything with its `suggest_` methods.
    """
    return [
      f"{binding} = {text}"
      for parameter in self.parameters
      for binding, text in parameter.suggest(trial)
    ]

  def grid(self) -> list[dict[str, Any]]:
    """Returns every combination, as the study's parameters.

    Raises:
      UserError: there is no end of them.
    """
    return list(_product(p.grid() for p in self.parameters))

  def probes(self) -> list[dict[str, Any]]:
    """Returns combinations that hold each choice and each end once."""
    return _one_at_a_time(self.parameters)

  def modules_of(self, params: Mapping[str, Any]) -> tuple:
    """Returns what a combination chooses among handles.

    Args:
      params: the study's.
    """
    return tuple(
      params.get(parameter.name)
      for parameter in _walk(self.parameters)
      if isinstance(parameter, Choice)
      and any(b.lower().endswith("handle") for b in _bound(parameter))
    )


class Fixed:
  """Stands for an `optuna.Trial` whose parameters are known."""

  def __init__(self, params: Mapping[str, Any]):
    self._params = params

  def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
    del choices
    return self._params[name]

  def suggest_float(self, name: str, *unused_args, **unused_kwargs) -> float:
    return self._params[name]

  suggest_int = suggest_float


def read_space(raw: Any) -> Space:
  """Returns a space from what is bound to `sweep.space`.

  Args:
    raw: {binding or name: what varies}. References such as `@heads.binary()` are
      gin's own objects, not evaluated.

  Raises:
    UserError: it isn't one, with the entry that is wrong.
  """
  if not isinstance(raw, Mapping) or not raw:
    raise UserError(
      f"sweep.space is {raw!r}; it is {{binding: what varies}}, and what varies is "
      f"{_HOW}."
    )
  parameters = tuple(_read(name, value) for name, value in _sorted(raw))
  _check_bound_once(parameters)
  names = Counter(p.name for p in _walk(parameters))
  repeated = [name for name, count in names.items() if count > 1]
  if repeated:
    parameters = tuple(_qualify(p, set(repeated), "") for p in parameters)
  return Space(parameters)


def _sorted(mapping: Mapping) -> list[tuple[Any, Any]]:
  """Returns its items in the order that gin writes them in."""
  return sorted(mapping.items(), key=lambda item: str(item[0]))


def _read(name: str, value: Any) -> Parameter:
  where = f"sweep.space {name!r}"
  if isinstance(value, Mapping):
    return Choice(
      name,
      {
        label: _read_bundle(f"{where}, {label!r}", bindings)
        for label, bindings in _sorted(value)
      },
    )
  if isinstance(value, list):
    return _choice(name, value, where)
  if isinstance(value, tuple) and value and value[0] == _CHOICE:
    return _choice(name, value[1:], where)
  if isinstance(value, tuple) and value and isinstance(value[0], str):
    return _read_range(name, value, where)
  raise UserError(f"{where} is {value!r}; it is {_HOW}.")


def _read_bundle(where: str, bindings: Any) -> Option:
  if not isinstance(bindings, Mapping):
    raise UserError(f"{where} is {bindings!r}; it is {{binding: value, …}}.")
  fixed, parameters = [], []
  for name, value in _sorted(bindings):
    tags = (_CHOICE, *_RANGES)
    varies = isinstance(value, tuple) and value and value[0] in tags
    # Of named bundles, the value of each is a mapping itself.
    nested = (
      isinstance(value, Mapping)
      and bool(value)
      and all(isinstance(v, Mapping) for v in value.values())
    )
    if varies or nested:
      parameters.append(_read(name, value))
    else:
      fixed.append((name, repr(value)))
  return Option(tuple(fixed), tuple(parameters))


def _choice(name: str, values: Sequence[Any], where: str) -> Choice:
  if len(values) < 1:
    raise UserError(f"{where} has no choices.")
  options = {}
  for value in values:
    label = (
      value
      if value is None or isinstance(value, (bool, int, float, str))
      else repr(value)
    )
    # True == 1, and so they would share a key.
    if any(label == other for other in options):
      raise UserError(f"{where} has the choice {label!r} twice.")
    options[label] = Option(((name, repr(value)),))
  return Choice(name, options)


def _read_range(name: str, value: tuple, where: str) -> Range:
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


def _walk(parameters) -> Iterator[Parameter]:
  for parameter in parameters:
    yield parameter
    if isinstance(parameter, Choice):
      for option in parameter.options.values():
        yield from _walk(option.parameters)


def _bound(parameter: Parameter, option: Option | None = None) -> set[str]:
  """Returns the bindings that a parameter, or one of its options, may set."""
  if isinstance(parameter, Range):
    return {parameter.binding}
  options = parameter.options.values() if option is None else [option]
  return {
    name
    for o in options
    for name in [
      *(binding for binding, _ in o.bindings),
      *(b for p in o.parameters for b in _bound(p)),
    ]
  }


def _check_bound_once(parameters) -> None:
  """Refuses a binding that two parameters would set at once."""
  of = {}
  for parameter in parameters:
    for binding in _bound(parameter):
      other = of.setdefault(binding, parameter.name)
      if other != parameter.name:
        raise UserError(
          f"sweep.space sets {binding!r} twice: in {other!r} and in "
          f"{parameter.name!r}."
        )
  for parameter in parameters:
    if isinstance(parameter, Choice):
      for option in parameter.options.values():
        _check_bound_once(option.parameters)


def _qualify(parameter: Parameter, repeated: set[str], above: str) -> Parameter:
  """Returns the parameter under a name that no other branch has."""
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


def _product(grids) -> Iterator[dict[str, Any]]:
  for combination in itertools.product(*grids):
    yield {k: v for part in combination for k, v in part.items()}


def _one_at_a_time(parameters) -> list[dict[str, Any]]:
  """Returns combinations: each probe of a parameter beside the others' first."""
  probes = [p.probes() for p in parameters]
  first = {k: v for of in probes for k, v in of[0].items()}
  if not probes:
    return [{}]
  combinations = [first]
  for parameter, of in zip(parameters, probes, strict=True):
    names = {p.name for p in _walk([parameter])}
    others = {k: v for k, v in first.items() if k not in names}
    combinations += [others | probe for probe in of[1:]]
  return combinations
