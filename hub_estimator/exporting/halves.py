"""The halves of a version: the full model, and the modules."""

import dataclasses
import pathlib
from collections.abc import Mapping
from concurrent import futures
from typing import Any

from hub_estimator.exporting import manifest


@dataclasses.dataclass(frozen=True)
class Halves:
  """The staged files of a version, before they are moved into place.

  Attributes:
    model: directory of the SavedModel.
    modules: directory that holds one directory per module; None if the run
      exports no module.
    descriptions: signatures and checksums by directory, of the model and of
      each module; computed in the background.
  """

  model: pathlib.Path
  modules: pathlib.Path | None
  descriptions: Mapping[pathlib.Path, futures.Future[dict[str, Any]]]

  def wait(self) -> None:
    """Returns once no file is rewritten any more."""
    for description in self.descriptions.values():
      description.result()

  def write_manifests(
    self, shared: Mapping[str, Any], schema: Mapping[str, Any] | None = None
  ) -> None:
    """Writes the manifest, and the schema, of the model and of each module.

    Args:
      shared: what all manifests say.
      schema: of the run's data; None writes none.
    """
    for directory, description in self.descriptions.items():
      described = description.result()
      if schema is not None:
        described = manifest.with_schema(directory, described, schema)
      manifest.write(directory, {**shared, **described})


def find_modules(modules: pathlib.Path | None) -> list[pathlib.Path]:
  """Returns the directory of each module below a directory, in any format."""
  if modules is None:
    return []
  return sorted(path.parent for path in modules.rglob("saved_model.pb"))


def beside(module: pathlib.Path) -> pathlib.Path:
  """Returns the directory of the SavedModel that a module is converted to."""
  return module.with_name(f"{module.name}.tf2")
