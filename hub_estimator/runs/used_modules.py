"""The modules that a run's graphs use: those it names, and those found in them."""

import dataclasses
from collections.abc import Mapping
from typing import cast

from hub_estimator import modules
from hub_estimator.errors import UserError
from hub_estimator.modules import ModuleInfo, ModuleSource
from hub_estimator.runs.building import Built
from hub_estimator.tensorflow_runtime import estimator

_SHOWN = 5


@dataclasses.dataclass(frozen=True)
class UsedModules:
  """Modules by `module.name`.

  Attributes:
    sources: how each is used.
    infos: what each offers.
    train_tags: of the variant that is trained.
  """

  sources: Mapping[str, ModuleSource]
  infos: Mapping[str, ModuleInfo]
  train_tags: Mapping[str, frozenset[str]]

  def variables(self) -> dict[str, tuple[int, ...]]:
    """Returns the shapes of the modules' variables, also where outputs are kept."""
    return {
      # A variable has no unknown dimension.
      f"{name}/{variable}": cast(tuple[int, ...], stored.shape)
      for name, tags in self.train_tags.items()
      for variable, stored in self.infos[name].variant(tags).variables.items()
      if "/part_" not in variable
    }


def combine(
  named: Mapping[str, ModuleSource],
  infos: Mapping[str, ModuleInfo],
  serving: Built,
  training: Built,
) -> UsedModules:
  """Returns the modules that a run names, and those found in its graphs.

  Args:
    named: sources that were known before the graphs.
    infos: of these.
    serving: the graph of prediction.
    training: the graph of training.

  Raises:
    UserError: the variants of a module don't fit each other.
  """
  sources: dict[str, ModuleSource] = {}
  for name, (source, _) in training.modules.items():
    sources[name] = dataclasses.replace(
      source, inference_tags=source.tags or (), export_name=None
    )
  for name, (source, _) in serving.modules.items():
    trained = sources.get(name)
    sources[name] = dataclasses.replace(
      source,
      trainable=trained is not None and trained.trainable,
      tags=source.inference_tags if trained is None else trained.tags,
    )
  found = {
    name: info
    for built in (training, serving)
    for name, (_, info) in built.modules.items()
  }
  all_sources, all_infos = {**sources, **named}, {**found, **infos}
  for name in set(sources) - set(named):
    modules.check_variants_agree(all_infos[name], all_sources[name])
  train_tags = {
    name: modules.choose_tags(all_infos[name], source, estimator.ModeKeys.TRAIN)
    for name, source in all_sources.items()
  }
  return UsedModules(all_sources, all_infos, train_tags)


def check_same_variables(
  used: UsedModules, training: Built, others: Mapping[str, Built]
) -> None:
  """Raises a UserError if a graph has variables that training doesn't save.

  Args:
    used: the modules, whose variables are compared by variant.
    training: the graph of training.
    others: further graphs, by what they are for.
  """
  trained = training.variables
  in_modules = tuple(f"{name}/" for name in used.sources)
  for purpose, built in others.items():
    for name, shape in sorted(built.variables.items()):
      if name.startswith(in_modules) or trained.get(name) == shape:
        continue
      has = (
        f"of shape {list(trained[name])}" if name in trained else "without it"
      )
      known = ", ".join(sorted(trained)[:_SHOWN])
      raise UserError(
        f"The graph of {purpose} has the variable {name!r} {list(shape)}, and that "
        f"of training is {has}; it has: {known or 'none'}. A model has the same "
        "variables in all modes."
      )
