"""The gin files that ship with the package, and the search for one by name."""

import os
import pathlib

from hub_estimator.errors import UserError, nearest

_PACKAGE = pathlib.Path(__file__).parent.parent
CONFIGS_DIR = _PACKAGE / "configs"
if not CONFIGS_DIR.is_dir():  # A checkout has configs/ at its root.
  CONFIGS_DIR = _PACKAGE.parent / "configs"


def shipped() -> list[str]:
  """Returns the names of the configs that ship with the package, sorted."""
  return sorted(
    str(path.relative_to(CONFIGS_DIR)) for path in CONFIGS_DIR.rglob("*.gin")
  )


def _beside(name: str) -> list[str]:
  """Returns the gin files in the folder of a file that doesn't exist, as paths."""
  folder = pathlib.Path(os.path.dirname(name))
  return sorted(str(path) for path in folder.glob("*.gin"))


def find_gin_file(name: str) -> str:
  """Returns the path of a gin file: a file's own, or that of a shipped config.

  Raises:
    UserError: there is no such file.
  """
  for candidate in (name, str(CONFIGS_DIR / name)):
    if os.path.isfile(candidate):
      return candidate
  raise UserError(
    f"No gin file {name!r} in {os.getcwd()} or among the shipped configs: "
    + nearest(name, [*_beside(name), *shipped()])
  )
