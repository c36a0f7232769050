"""Imports of a script and of the modules beside it, in which TensorFlow 1 is meant."""

import ast
import builtins
import importlib.abc
import importlib.machinery
import pathlib
import sys
import types
from collections.abc import Sequence
from typing import Any

from hub_estimator.scripts import tensorflow1
from hub_estimator.scripts.meaning import Meaning, find_meaning, guarded_lines


def prepare(module: types.ModuleType, source: bytes) -> None:
  """Gives a module of the script's the `import` that its source calls for.

  Args:
    module: the module, whose code has not run yet.
    source: its source.
  """
  try:
    tree = ast.parse(source)
  except (SyntaxError, ValueError):  # Python says so when it compiles it.
    return
  if find_meaning(tree) is not Meaning.TF1:
    return
  guarded = guarded_lines(tree)

  def import_(
    name: str,
    globals: Any = None,
    locals: Any = None,
    fromlist: Sequence[str] | None = (),
    level: int = 0,
  ) -> types.ModuleType:
    if level == 0 and f"{name}.".startswith("tensorflow."):
      line = sys._getframe(1).f_lineno
      return tensorflow1.import_tensorflow(
        name, fromlist, guarded=line in guarded
      )
    return builtins.__import__(name, globals, locals, fromlist or (), level)

  # Code that runs with these globals, and functions that it defines, look here for
  # `__import__`.
  vars(module)["__builtins__"] = {**vars(builtins), "__import__": import_}


class OwnModules(importlib.abc.MetaPathFinder):
  """Finds the modules in a script's folder, for their loader to prepare."""

  def __init__(self, folder: pathlib.Path) -> None:
    """Makes a finder for a folder and those in it, but no installed packages."""
    self._folder = folder

  def find_spec(
    self,
    fullname: str,
    path: Sequence[str] | None = None,
    target: types.ModuleType | None = None,
  ) -> importlib.machinery.ModuleSpec | None:
    """Returns a module's spec if it is in the folder."""
    spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
    if spec is None or not isinstance(
      spec.loader, importlib.machinery.SourceFileLoader
    ):
      return None
    file = pathlib.Path(spec.loader.path).absolute()
    if self._folder not in file.parents or "site-packages" in file.parts:
      return None
    spec.loader = _Loader(spec.loader.name, spec.loader.path)
    return spec


class _Loader(importlib.machinery.SourceFileLoader):
  """Prepares a module before its code runs."""

  def exec_module(self, module: types.ModuleType) -> None:
    prepare(module, self.get_data(self.path))
    super().exec_module(module)
