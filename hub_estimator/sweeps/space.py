"""Everything that varies in a sweep: suggested to trials, enumerated, probed."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from hub_estimator.sweeps.combinations import Params, one_at_a_time, product
from hub_estimator.sweeps.parameters import (
  Choice,
  Parameter,
  Suggests,
  bindings_of,
  walk,
)


@dataclasses.dataclass(frozen=True)
class Space:
  """Everything that varies.

  Attributes:
    parameters: in alphabetical order.
  """

  parameters: tuple[Parameter, ...]

  def suggest(self, trial: Suggests) -> list[str]:
    """Returns a trial's gin bindings.

    Args:
      trial: an `optuna.Trial`, or anything with its `suggest_` methods.
    """
    return [
      f"{binding} = {text}"
      for parameter in self.parameters
      for binding, text in parameter.suggest(trial)
    ]

  def grid(self) -> list[Params]:
    """Returns every combination, as the study's parameters.

    Raises:
      UserError: their number is not finite.
    """
    return list(product(p.grid() for p in self.parameters))

  def probes(self) -> list[Params]:
    """Returns few combinations that hold each option and each bound."""
    return one_at_a_time([p.probes() for p in self.parameters])

  def modules_of(self, params: Mapping[str, Any]) -> tuple[Any, ...]:
    """Returns the values in a combination that choose a module's handle.

    Args:
      params: the study's parameters.
    """
    return tuple(
      params.get(parameter.name)
      for parameter in walk(self.parameters)
      if isinstance(parameter, Choice)
      and any(b.lower().endswith("handle") for b in bindings_of(parameter))
    )


class Fixed:
  """Takes the place of an `optuna.Trial` where the parameters are known."""

  def __init__(self, params: Mapping[str, Any]):
    self._params = params

  def suggest_categorical(self, name: str, choices: Sequence[Any]) -> Any:
    del choices
    return self._params[name]

  def suggest_float(
    self, name: str, *unused_args: Any, **unused_kwargs: Any
  ) -> Any:
    return self._params[name]

  suggest_int = suggest_float
