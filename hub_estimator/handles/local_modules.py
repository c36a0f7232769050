"""Modules in local directories: a module, versions of one, a run or a sweep."""

import os
import pathlib
from collections.abc import Mapping

from hub_estimator.errors import UserError, nearest
from hub_estimator.handles import file_kinds
from hub_estimator.handles.archives import SUFFIXES
from hub_estimator.handles.module_files import MODULE, SAVED_MODEL, is_module
from hub_estimator.model_dir import versions


def find_module(handle: str, path: str, *, names: Mapping[str, str]) -> str:
  """Returns the module that a directory is, or the last one exported in it.

  Args:
    handle: what the user wrote, for messages.
    path: the directory that it stands for.
    names: the short names, which a message suggests.

  Raises:
    UserError: the directory doesn't exist, holds no module, or several.
  """
  where = "" if path == handle else f" ({path})"
  if not os.path.isdir(path):
    raise UserError(
      f"Module {handle!r}{where} {_why_no_directory(path)}; {_beside(path)}"
      + (f" Of handles.names: {nearest(handle, names)}" if names else "")
    )
  root = pathlib.Path(path)
  for step_down in (_exports_of_run, _newest_modules, _newest_version):
    if not is_module(root):
      root = step_down(root, handle)
  if is_module(root):
    return str(root)
  return str(_only_module_inside(root, handle, where, path))


def _exports_of_run(root: pathlib.Path, handle: str) -> pathlib.Path:
  """Returns the exports of a run, or of a sweep, which has only its best."""
  del handle
  if (root / "export").is_dir():
    root /= "export"
  kinds = (root / kind for kind in ("latest", "final", "best"))
  return next((k for k in kinds if (k / "model").is_dir()), root)


def _newest_modules(export: pathlib.Path, handle: str) -> pathlib.Path:
  """Returns the modules of the newest complete version of exports."""
  if not (export / "model").is_dir():
    return export
  numbers = versions.numbers(export)
  modules = versions.find(export, numbers[-1]).modules if numbers else None
  if modules is None:
    raise UserError(f"{handle!r} has exported no module: see {export}.")
  return modules


def _newest_version(root: pathlib.Path, handle: str) -> pathlib.Path:
  """Returns the folder with the highest number, if there is one."""
  del handle
  numbered = [p for p in root.iterdir() if p.name.isdigit() and p.is_dir()]
  return max(numbered, key=lambda p: int(p.name), default=root)


def _only_module_inside(
  root: pathlib.Path, handle: str, where: str, path: str
) -> pathlib.Path:
  # Names of exports may be nested, but not deeply.
  inside = sorted(
    p.parent
    for depth in ("*", "*/*", "*/*/*")
    for p in root.glob(f"{depth}/{MODULE}")
  )
  if len(inside) == 1:
    return inside[0]
  if inside:
    raise UserError(
      f"{handle!r} holds {len(inside)} modules; choose one: "
      f"{', '.join(str(p) for p in inside[:10])}."
    )
  held = sorted(os.listdir(path))
  archives = [name for name in held if name.endswith(SUFFIXES)]
  hint = ""
  if len(archives) == 1:
    hint = (
      " That is an archive; give it as the handle: "
      f"{os.path.join(path, archives[0])}."
    )
  raise UserError(
    f"Module {handle!r}{where} holds no {SAVED_MODEL}; it holds: "
    f"{', '.join(held[:10]) or 'nothing'}.{hint}"
  )


def _why_no_directory(path: str) -> str:
  if os.path.exists(path):
    what = file_kinds.mistaken(path) or file_kinds.unnamed_tar(path)
    return what or f"is a file, and none of {', '.join(SUFFIXES)}"
  return "doesn't exist"


def _beside(path: str) -> str:
  parent = os.path.dirname(path)
  while not os.path.isdir(parent):
    parent = os.path.dirname(parent)
  held = sorted(os.listdir(parent))
  return f"{parent} holds: {', '.join(held[:10]) or 'nothing'}."
