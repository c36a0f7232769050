"""The names of an encoder's modules, in graphs and in exports."""

from collections.abc import Sequence
from typing import Protocol

from hub_estimator.errors import UserError
from hub_estimator.model.application import Application
from hub_estimator.modules import ModuleSource


class Applies(Protocol):
  """An encoder, or a whole run: whatever applies modules."""

  def applications(self) -> Sequence[Application]:
    """Returns the applications."""


def sources(encoder: Applies) -> dict[str, ModuleSource]:
  """Returns the modules that are applied, by `module.name`, each once.

  Args:
    encoder: one of `encoders`, yours, or a run.

  Raises:
    UserError: two different modules have the same name or export name.
  """
  found: dict[str, ModuleSource] = {}
  for application in encoder.applications():
    source = application.module
    if found.setdefault(source.name, source) != source:
      raise UserError(
        f"Two modules, {str(found[source.name].handle)!r} and "
        f"{str(source.handle)!r}, have the module.name {source.name!r}; give "
        "each its own."
      )
  exported: dict[str, str] = {}
  for source in found.values():
    if source.export_name is None:
      continue
    other = exported.setdefault(source.export_name, source.name)
    if other != source.name:
      raise UserError(
        f"Modules {other!r} and {source.name!r} have the module.export_name "
        f"{source.export_name!r}; give each its own, or None."
      )
  return found
