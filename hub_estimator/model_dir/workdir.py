"""The names of all files that a run writes, and its manifest."""

import contextlib
import dataclasses
import os
import pathlib
from typing import Any

from hub_estimator.errors import UserError
from hub_estimator.model_dir.directory import check_writable, hold, is_held
from hub_estimator.model_dir.json_files import read_json

_KIND = "model_dir"


@dataclasses.dataclass(frozen=True)
class Workdir:
  """The files of one model_dir.

  Attributes:
    path: the absolute path of the model_dir.
  """

  path: pathlib.Path

  @classmethod
  def at(cls, model_dir: str | os.PathLike[str]) -> "Workdir":
    """Returns the files of a model_dir, which need not exist."""
    return cls(pathlib.Path(model_dir).expanduser().absolute())

  @property
  def config(self) -> pathlib.Path:
    """The config, with everything that it includes and all bindings."""
    return self.path / "config.gin"

  @property
  def operative_config(self) -> pathlib.Path:
    """The bindings and defaults that the run used."""
    return self.path / "operative_config.gin"

  @property
  def manifest(self) -> pathlib.Path:
    """The identity of the run: its parts, data and modules."""
    return self.path / "manifest.json"

  @property
  def result(self) -> pathlib.Path:
    """The outcome of the run."""
    return self.path / "result.json"

  @property
  def schema(self) -> pathlib.Path:
    """What the run knows about its data: features, classes, readers."""
    return self.path / "schema.json"

  @property
  def data_report(self) -> pathlib.Path:
    """What the data held when training started; also as .txt."""
    return self.path / "data_report.json"

  @property
  def examples(self) -> pathlib.Path:
    """A serialized batch of evaluation examples; exports are verified with it."""
    return self.path / "verification_batch.tfrecord"

  @property
  def export(self) -> pathlib.Path:
    """The directory of all exports."""
    return self.path / "export"

  def check_writable(self) -> None:
    """Raises a UserError unless the directory is or can be made writable."""
    check_writable(self.path, _KIND)

  def lock(self, name: str = "lock") -> contextlib.AbstractContextManager[None]:
    """Holds the directory for this process inside a `with` block.

    If the process dies, the system releases the lock.

    Args:
      name: of the lock; a cluster's evaluator has its own.

    Raises:
      InUse: another process holds it.
    """
    return hold(self.path, _KIND, lock=f".{name}")

  def is_held(self, name: str = "lock") -> bool:
    """Returns whether a process holds a lock of this directory."""
    return is_held(self.path, lock=f".{name}")

  def read_manifest(self) -> dict[str, Any] | None:
    """Returns the manifest, or None if there is no run yet.

    Raises:
      UserError: the manifest can't be read.
    """
    if not self.manifest.exists():
      return None
    return read_json(self.manifest)


def open_run(
  model_dir: str | os.PathLike[str],
) -> tuple[Workdir, dict[str, Any]]:
  """Returns an existing run and its manifest.

  Raises:
    UserError: there is no run at `model_dir`.
  """
  workdir = Workdir.at(model_dir)
  manifest = workdir.read_manifest()
  if manifest is None or not workdir.config.exists():
    held = sorted(os.listdir(workdir.path)) if workdir.path.is_dir() else None
    raise UserError(
      f"No run at {model_dir!r}: it "
      + (
        f"has no config.gin and manifest.json; it holds: {', '.join(held[:10])}."
        if held
        else "is empty."
        if held is not None
        else "doesn't exist."
      )
    )
  return workdir, manifest
