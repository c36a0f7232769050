"""Every file name that a run writes, and its manifest."""

import contextlib
import dataclasses
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any

from hub_estimator.disk import write_text
from hub_estimator.errors import UserError
from hub_estimator.model_dir.directory import check_writable, hold, is_held

_KIND = "model_dir"


@dataclasses.dataclass(frozen=True)
class Workdir:
  """The files of one model_dir."""

  path: pathlib.Path

  @classmethod
  def at(cls, model_dir: str | os.PathLike) -> "Workdir":
    return cls(pathlib.Path(model_dir).expanduser().absolute())

  @property
  def config(self) -> pathlib.Path:
    return self.path / "config.gin"

  @property
  def operative_config(self) -> pathlib.Path:
    return self.path / "operative_config.gin"

  @property
  def manifest(self) -> pathlib.Path:
    return self.path / "manifest.json"

  @property
  def result(self) -> pathlib.Path:
    return self.path / "result.json"

  @property
  def examples(self) -> pathlib.Path:
    """A batch of evaluation, serialized, that exports are verified with."""
    return self.path / "verification_batch.tfrecord"

  @property
  def export(self) -> pathlib.Path:
    return self.path / "export"

  def check_writable(self) -> None:
    """Raises a UserError unless the directory is, or can be made, writable."""
    check_writable(self.path, _KIND)

  def lock(self, name: str = "lock") -> contextlib.AbstractContextManager[None]:
    """Holds the directory for this process; the system frees it at its death.

    Args:
      name: of the lock; a cluster's evaluator has one of its own.

    Raises:
      UserError: another process holds it.
    """
    return hold(self.path, _KIND, lock=f".{name}")

  def is_held(self, name: str = "lock") -> bool:
    """Returns whether a process holds a lock of this directory."""
    return is_held(self.path, lock=f".{name}")

  def read_manifest(self) -> dict[str, Any] | None:
    """Returns the manifest, or None where there is no run yet.

    Raises:
      UserError: it is there and can't be read.
    """
    if not self.manifest.exists():
      return None
    return read_json(self.manifest)


def open_run(model_dir: str) -> tuple[Workdir, dict[str, Any]]:
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


def read_json(path: pathlib.Path) -> dict[str, Any]:
  """Returns a JSON object.

  Raises:
    UserError: the file can't be read or holds something else.
  """
  try:
    value = json.loads(path.read_text())
  except (OSError, ValueError) as error:
    raise UserError(f"{path} can't be read: {error}.") from error
  if not isinstance(value, dict):
    raise UserError(f"{path} doesn't hold a JSON object.")
  return value


def write_json(path: pathlib.Path, value: Mapping[str, Any]) -> None:
  """Writes a JSON object whole, or leaves what was there."""
  write_text(path, json.dumps(value, indent=2, sort_keys=False) + "\n")
