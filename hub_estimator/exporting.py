"""Versions: the full model and its modules, together or not at all.

A version is one checkpoint under two directories,

    export/<kind>/model/<version>                   a SavedModel
    export/<kind>/module/<version>/<export_name>    a TF1 Hub module

made in `export/<kind>/.staging`, where no reader looks, and moved into place
once both halves are on disk: the modules first, then the model. Who finds
`model/<version>` therefore finds a complete version.
"""

import dataclasses
import logging
import os
import pathlib
import shutil
import time
from collections.abc import Callable, Mapping
from typing import Any

import gin

from hub_estimator import results
from hub_estimator.errors import UserError, one_line
from hub_estimator.tensorflow_runtime import estimator, hub
from hub_estimator.workdir import write_json

_log = logging.getLogger(__name__)
_STAGING = ".staging"


@gin.register("exports", module="hub_estimator")
@dataclasses.dataclass(frozen=True)
class Exports:
  """What a run exports.

  Attributes:
    kind: "latest" exports after every evaluation, "final" once, at the end,
      None never.
    keep: versions that stay; older ones go, both halves together.
  """

  kind: str | None = "latest"
  keep: int = 5

  def __post_init__(self):
    if self.kind not in ("latest", "final", None):
      raise UserError(
        f"exports.kind is {self.kind!r}; it is 'latest', 'final' or None."
      )
    if self.keep < 1:
      raise UserError(f"exports.keep is {self.keep}; it is at least 1.")


@dataclasses.dataclass(frozen=True)
class Version:
  """One export.

  Attributes:
    number: the version.
    model: directory of the full model.
    modules: directory that holds one directory a module; None where the run
      registers none.
  """

  number: int
  model: pathlib.Path
  modules: pathlib.Path | None


class VersionExporter(estimator.Exporter):
  """Exports one version after an evaluation.

  A failed export is logged and kept in `error`; the run goes on, because its
  checkpoint is safe and can be exported later.
  """

  def __init__(
    self,
    exports: Exports,
    *,
    serving_input_fn: Callable,
    manifest: Mapping[str, Any],
    clock: Callable[[], float] = time.time,
  ):
    """Makes the exporter.

    Args:
      exports: what to export and how much to keep.
      serving_input_fn: returns a `ServingInputReceiver`.
      manifest: what is written beside each version, with the checkpoint's step
        and metrics added.
      clock: seconds since 1970; the version is their whole part.
    """
    self._exports = exports
    self._serving_input_fn = serving_input_fn
    self._manifest = manifest
    self._clock = clock
    self.version: Version | None = None
    self.error: str | None = None

  @property
  def name(self) -> str:
    return self._exports.kind

  def export(
    self,
    estimator,
    export_path,
    checkpoint_path,
    eval_result,
    is_the_final_export,
  ):
    """Exports `checkpoint_path`; returns the model's directory, or None."""
    if self._exports.kind == "final" and not is_the_final_export:
      return None
    try:
      self.version = export_version(
        estimator,
        pathlib.Path(os.fsdecode(export_path)),
        serving_input_fn=self._serving_input_fn,
        checkpoint_path=checkpoint_path,
        manifest={**self._manifest, "metrics": eval_result or {}},
        keep=self._exports.keep,
        number=int(self._clock()),
      )
      self.error = None
    except Exception as error:  # Whatever it is, training must not die of it.
      self.error = f"{type(error).__name__}: {one_line(error)}"
      _log.error("Export of %s failed: %s", checkpoint_path, self.error)
      _log.debug("", exc_info=True)
      return None
    return str(self.version.model)


def export_version(
  estimator,
  export_path: pathlib.Path,
  *,
  serving_input_fn: Callable,
  checkpoint_path: str,
  manifest: Mapping[str, Any],
  keep: int,
  number: int,
) -> Version:
  """Exports a checkpoint as a version and returns it.

  Args:
    estimator: whose model_fn registers its modules in PREDICT mode.
    export_path: `export/<kind>`.
    serving_input_fn: returns a `ServingInputReceiver`.
    checkpoint_path: what is exported.
    manifest: written as `assets.extra/manifest.json` into both halves.
    keep: how many versions stay.
    number: the version; the next free one above all others is taken instead
      where it isn't above them.
  """
  remove_leftovers(export_path)
  number = max([number, *(n + 1 for n in version_numbers(export_path))])
  staging = export_path / _STAGING
  modules = hub.LatestModuleExporter(
    "module", serving_input_fn, exports_to_keep=None
  ).export(estimator, str(staging / "module"), checkpoint_path)
  model = estimator.export_saved_model(
    str(staging / "model"), serving_input_fn, checkpoint_path=checkpoint_path
  )
  model = pathlib.Path(os.fsdecode(model))
  modules = None if modules is None else pathlib.Path(os.fsdecode(modules))
  step = int(checkpoint_path.rsplit("-", 1)[-1])
  manifest = results.plain(
    {**manifest, "version": number, "checkpoint_step": step}
  )
  halves = [model]
  if modules is not None:
    halves += [path.parent for path in modules.rglob("tfhub_module.pb")]
  for half in halves:
    write_json(half / "assets.extra" / "manifest.json", manifest)
  _sync_tree(staging)
  version = Version(
    number,
    export_path / "model" / str(number),
    None if modules is None else export_path / "module" / str(number),
  )
  if modules is not None:
    _move(modules, version.modules)
  _move(model, version.model)
  shutil.rmtree(staging, ignore_errors=True)
  for old in version_numbers(export_path)[:-keep]:
    _remove_version(export_path, old)
  return version


def version_numbers(export_path: pathlib.Path) -> list[int]:
  """Returns the complete versions, oldest first."""
  return _numbers(export_path / "model")


def remove_leftovers(export_path: pathlib.Path) -> None:
  """Removes what an export that was killed has left."""
  shutil.rmtree(export_path / _STAGING, ignore_errors=True)
  complete = set(version_numbers(export_path))
  for number in _numbers(export_path / "module"):
    if number not in complete:
      shutil.rmtree(export_path / "module" / str(number))


def _remove_version(export_path: pathlib.Path, number: int) -> None:
  """Takes the model away first: no reader finds a model without its modules."""
  trash = export_path / _STAGING
  for half in ("model", "module"):
    path = export_path / half / str(number)
    if path.exists():
      trash.mkdir(exist_ok=True)
      os.rename(path, trash / f"{half}-{number}")
  shutil.rmtree(trash, ignore_errors=True)


def _numbers(directory: pathlib.Path) -> list[int]:
  if not directory.is_dir():
    return []
  return sorted(int(p.name) for p in directory.iterdir() if p.name.isdigit())


def _move(source: pathlib.Path, target: pathlib.Path) -> None:
  target.parent.mkdir(parents=True, exist_ok=True)
  os.rename(source, target)
  _sync(target.parent)


def _sync_tree(root: pathlib.Path) -> None:
  """Puts files and directories on disk, so that a power cut loses no half."""
  for directory, _, files in os.walk(root):
    for name in files:
      _sync(pathlib.Path(directory) / name)
    _sync(pathlib.Path(directory))


def _sync(path: pathlib.Path) -> None:
  descriptor = os.open(path, os.O_RDONLY)
  try:
    os.fsync(descriptor)
  finally:
    os.close(descriptor)
