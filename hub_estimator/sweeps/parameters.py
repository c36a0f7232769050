"""One thing that varies: a range of numbers, or a choice with what varies under it."""

import dataclasses
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from hub_estimator.errors import UserError
from hub_estimator.sweeps.combinations import Params, one_at_a_time, product

# What a study calls a choice.
Label = None | bool | int | float | str


class Suggests(Protocol):
  """Decides on a parameter's value, as `optuna.Trial` does."""

  def suggest_categorical(self, name: str, choices: Sequence[Label]) -> Any: ...

  def suggest_float(
    self,
    name: str,
    low: float,
    high: float,
    *,
    step: float | None = None,
    log: bool = False,
  ) -> float: ...

  def suggest_int(
    self, name: str, low: int, high: int, *, step: int = 1
  ) -> int: ...


@dataclasses.dataclass(frozen=True)
class Range:
  """Numbers between two bounds, both included.

  Attributes:
    name: of the parameter in the study.
    binding: the gin binding that it sets.
    kind: "float", "log" for a float whose logarithm is drawn evenly, or "int".
    low: the smallest value.
    high: the largest value.
    step: distance between values; None allows every value.
  """

  name: str
  binding: str
  kind: str
  low: float
  high: float
  step: float | None

  def suggest(self, trial: Suggests) -> Iterator[tuple[str, str]]:
    """Yields the binding and the text of its value."""
    value: float
    if self.kind == "int":
      value = trial.suggest_int(
        self.name, int(self.low), int(self.high), step=int(self.step or 1)
      )
    else:
      value = trial.suggest_float(
        self.name, self.low, self.high, step=self.step, log=self.kind == "log"
      )
    yield self.binding, repr(value)

  def grid(self) -> list[Params]:
    """Returns every value, each as {name: value}.

    Raises:
      UserError: without a step, their number is not finite.
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
    # Sums of steps are wrong in a float's last bits.
    return [{self.name: float(f"{v:.12g}")} for v in values]

  def probes(self) -> list[Params]:
    """Returns the values to check before the first trial: both bounds."""
    return [{self.name: self.low}, {self.name: self.high}]


@dataclasses.dataclass(frozen=True)
class Option:
  """One option of a choice.

  Attributes:
    bindings: (gin binding, text of its value), all set together.
    parameters: what varies under this option alone.
  """

  bindings: tuple[tuple[str, str], ...]
  parameters: "tuple[Parameter, ...]" = ()


@dataclasses.dataclass(frozen=True)
class Choice:
  """One of several options.

  Attributes:
    name: of the parameter in the study.
    options: by label.
  """

  name: str
  options: Mapping[Label, Option]

  def suggest(self, trial: Suggests) -> Iterator[tuple[str, str]]:
    """Yields all bindings of the option, and those of what varies under it."""
    label = trial.suggest_categorical(self.name, list(self.options))
    option = self.options[label]
    yield from option.bindings
    for parameter in option.parameters:
      yield from parameter.suggest(trial)

  def grid(self) -> list[Params]:
    """Returns every option, with every value of what varies under it.

    Raises:
      UserError: a range under an option has no step.
    """
    return [
      {self.name: label} | below
      for label, option in self.options.items()
      for below in product(p.grid() for p in option.parameters)
    ]

  def probes(self) -> list[Params]:
    """Returns each option, with each probe of what varies under it."""
    return [
      {self.name: label} | below
      for label, option in self.options.items()
      for below in one_at_a_time([p.probes() for p in option.parameters])
    ]


Parameter = Range | Choice


def walk(parameters: Iterable[Parameter]) -> Iterator[Parameter]:
  """Yields parameters and all that vary under their options."""
  for parameter in parameters:
    yield parameter
    if isinstance(parameter, Choice):
      for option in parameter.options.values():
        yield from walk(option.parameters)


def bindings_of(parameter: Parameter) -> set[str]:
  """Returns the gin bindings that a parameter may set."""
  if isinstance(parameter, Range):
    return {parameter.binding}
  return {
    name
    for option in parameter.options.values()
    for name in [
      *(binding for binding, _ in option.bindings),
      *(b for p in option.parameters for b in bindings_of(p)),
    ]
  }
