"""Exported versions: published whole, found, pruned and pinned.

A version is one checkpoint under two directories,

    export/<kind>/model/<version>                   a SavedModel
    export/<kind>/module/<version>/<export_name>    a TF1 Hub module

made in `export/<kind>/.staging`, which readers ignore, and moved into place once
both halves are on disk: the modules first, then the model. Once
`model/<version>` exists, the version is complete.
"""

import contextlib
import dataclasses
import fcntl
import os
import pathlib
import shutil
from collections.abc import Iterator
from typing import IO

from hub_estimator.disk import sync, sync_tree
from hub_estimator.errors import UserError

STAGING = ".staging"
_PINS = ".pins"


@dataclasses.dataclass(frozen=True)
class Version:
  """One export.

  Attributes:
    number: the version.
    model: directory of the full model.
    modules: directory that holds one directory for each module; None if the run
      exports no modules.
  """

  number: int
  model: pathlib.Path
  modules: pathlib.Path | None


def numbers(export_path: pathlib.Path) -> list[int]:
  """Returns the complete versions of `export/<kind>`, oldest first."""
  return _numbers(export_path / "model")


def find(export_path: pathlib.Path, number: int) -> Version:
  """Returns a complete version.

  Raises:
    UserError: there is no version with that number.
  """
  if number not in numbers(export_path):
    raise UserError(
      f"{export_path} has no version {number}; it has: "
      f"{', '.join(map(str, numbers(export_path))) or 'none'}."
    )
  modules = export_path / "module" / str(number)
  return Version(
    number,
    export_path / "model" / str(number),
    modules if modules.is_dir() else None,
  )


def publish(
  export_path: pathlib.Path,
  number: int,
  *,
  model: pathlib.Path,
  modules: pathlib.Path | None,
) -> Version:
  """Moves staged halves into place, the modules first, and returns the version.

  All staged files are synced to disk first.

  Args:
    export_path: `export/<kind>`.
    number: the version.
    model: its staged SavedModel.
    modules: the staged directory of modules, or None.
  """
  sync_tree(export_path / STAGING)
  if modules is not None:
    _move(modules, export_path / "module" / str(number))
  _move(model, export_path / "model" / str(number))
  return find(export_path, number)


def remove_leftovers(export_path: pathlib.Path) -> None:
  """Removes the files that interrupted exports have left."""
  shutil.rmtree(export_path / STAGING, ignore_errors=True)
  complete = set(numbers(export_path))
  for number in _numbers(export_path / "module"):
    if number not in complete:
      shutil.rmtree(export_path / "module" / str(number))


def keep_newest(export_path: pathlib.Path, keep: int) -> list[int]:
  """Removes all but the newest versions, and returns the removed numbers.

  A pinned version stays until the first export after the pin is lifted.

  Args:
    export_path: `export/<kind>`.
    keep: how many versions stay, at least 1.
  """
  removed = []
  for number in numbers(export_path)[:-keep]:
    with _pin_file(export_path, number) as file:
      try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
      except BlockingIOError:
        continue
      # Hidden by one rename each, the model first, so that no reader finds a
      # model without its modules or a directory that is partly removed.
      trash = export_path / STAGING
      for half in ("model", "module"):
        path = export_path / half / str(number)
        if path.exists():
          trash.mkdir(exist_ok=True)
          os.rename(path, trash / f"{half}-{number}")
      os.unlink(file.name)
      removed.append(number)
  shutil.rmtree(export_path / STAGING, ignore_errors=True)
  return removed


@contextlib.contextmanager
def pinned(export_path: pathlib.Path, number: int) -> Iterator[Version]:
  """Keeps a version from being removed inside a `with` block.

  If the process dies, the system lifts the pin.

  Raises:
    UserError: there is no version with that number.
  """
  find(export_path, number)
  with _pin_file(export_path, number) as file:
    fcntl.flock(file, fcntl.LOCK_SH)
    yield find(export_path, number)


def _pin_file(export_path: pathlib.Path, number: int) -> IO[str]:
  pins = export_path / _PINS
  pins.mkdir(parents=True, exist_ok=True)
  return open(pins / str(number), "a")


def _numbers(directory: pathlib.Path) -> list[int]:
  if not directory.is_dir():
    return []
  return sorted(int(p.name) for p in directory.iterdir() if p.name.isdigit())


def _move(source: pathlib.Path, target: pathlib.Path) -> None:
  target.parent.mkdir(parents=True, exist_ok=True)
  os.rename(source, target)
  sync(target.parent)
