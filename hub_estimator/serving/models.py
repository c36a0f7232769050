"""The exported models of a run: found, loaded, replaced by newer versions."""

import logging
import os
import pathlib
import threading

from hub_estimator.errors import UserError, nearest
from hub_estimator.model_dir import versions
from hub_estimator.serving.batching import BatchedModel
from hub_estimator.serving.loaded_model import LoadedModel

_log = logging.getLogger(__name__)
_POLL_S = 1.0


class UnknownModel(UserError):
  """There is no model, or no version of it, by that name."""


class Models:
  """The newest version of each exported model of a run, by the name of its kind.

  Attributes:
    export_dir: `export` of a model_dir.
  """

  def __init__(self, model_dir: str | os.PathLike[str]) -> None:
    """Loads the models.

    Args:
      model_dir: of the run.

    Raises:
      UserError: there is no exported model, or one can't be loaded.
    """
    path = pathlib.Path(model_dir).expanduser()
    if not path.is_dir():
      raise UserError(f"No run at {str(model_dir)!r}: it doesn't exist.")
    self.export_dir = path / "export"
    self._served: dict[str, BatchedModel] = {}
    self._failed: dict[str, int] = {}
    self._stopped = threading.Event()
    self._watcher = threading.Thread(target=self._watch, daemon=True)
    for name, number in self._newest().items():
      self._served[name] = self._load(name, number)
    if not self._served:
      raise UserError(
        f"{self.export_dir} has no exported model yet; `hub-estimator export "
        f"--model_dir={model_dir}` makes one."
      )

  @property
  def names(self) -> list[str]:
    """Names of the models, sorted."""
    return sorted(self._served)

  def find(self, name: str, version: int | None = None) -> BatchedModel:
    """Returns a model.

    Args:
      name: of the model.
      version: a number; None means the newest, which is the only one that is served.

    Raises:
      UnknownModel: there is no such model or version.
    """
    served = self._served.get(name)
    if served is None:
      raise UnknownModel(f"No model {name!r}; {nearest(name, self.names)}")
    number = served.model.number
    if version not in (None, number):
      raise UnknownModel(
        f"Model {name!r} has no version {version} here; {number}, the newest, is "
        "served."
      )
    return served

  def watch(self) -> None:
    """Begins to look for newer versions, until `stop`."""
    self._watcher.start()

  def stop(self) -> None:
    """Answers the requests that wait, and closes all models."""
    self._stopped.set()
    if self._watcher.is_alive():
      self._watcher.join()
    for served in self._served.values():
      served.stop()

  def refresh(self) -> None:
    """Loads newer versions; one that can't be loaded is logged, and passed over."""
    for name, number in self._newest().items():
      served = self._served.get(name)
      known = served and served.model.number
      if number in (known, self._failed.get(name)):
        continue
      try:
        loaded = self._load(name, number)
      except UserError as error:
        self._failed[name] = number
        _log.error("Model %r stays at version %s: %s", name, known, error)
        continue
      self._served[name] = loaded
      _log.info("Model %r: version %d.", name, number)
      if served is not None:
        served.stop()

  def _watch(self) -> None:
    while not self._stopped.wait(_POLL_S):
      try:
        self.refresh()
      except (
        OSError
      ) as error:  # Such as a folder that is out of reach for a while.
        _log.error("%s can't be read: %s", self.export_dir, error)

  def _newest(self) -> dict[str, int]:
    """Returns the newest version of each kind that has one."""
    if not self.export_dir.is_dir():
      return {}
    found = {
      path.name: versions.numbers(path)
      for path in sorted(self.export_dir.iterdir())
      if path.is_dir()
    }
    return {name: numbers[-1] for name, numbers in found.items() if numbers}

  def _load(self, name: str, number: int) -> BatchedModel:
    with versions.pinned(self.export_dir / name, number) as version:
      return BatchedModel(LoadedModel(version.model, number))
