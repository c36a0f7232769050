"""Stand-ins that a single importer sees.

`tensorflow_hub` imports `pkg_resources`, and `gin.tf` imports `distutils`; both
want no more than a comparison of versions. Where Python lacks these modules,
the two importers run with an `__import__` of their own that knows a stand-in.
All other code still finds that the module is absent.
"""

import builtins
import importlib.abc
import importlib.machinery
import importlib.util
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any


def install() -> None:
  """Lets the two importers find their modules, from their next import on."""
  sys.meta_path.insert(0, _PrivateImportFinder())


def _pkg_resources() -> types.ModuleType:
  module = types.ModuleType("pkg_resources")
  vars(module)["parse_version"] = _numeric_version
  return module


def _distutils() -> types.ModuleType:
  module = types.ModuleType("distutils")
  version = types.ModuleType("distutils.version")
  vars(version)["LooseVersion"] = _numeric_version
  vars(module)["version"] = version
  return module


def _numeric_version(version: str) -> tuple[int, ...]:
  parts = []
  for part in version.split("."):
    digits = part[: len(part) - len(part.lstrip("0123456789"))]
    if not digits:
      break
    parts.append(int(digits))
  return tuple(parts)


# Importer -> (the module that may be absent, a function that makes a stand-in).
_SEEN_BY_ONE_IMPORTER: dict[str, tuple[str, Callable[[], types.ModuleType]]] = {
  "tensorflow_hub": ("pkg_resources", _pkg_resources),
  "gin.tf": ("distutils", _distutils),
}


class _PrivateImportFinder(importlib.abc.MetaPathFinder):
  """Lets an importer find one absent module that no other code can find."""

  def find_spec(
    self,
    fullname: str,
    path: Sequence[str] | None = None,
    target: types.ModuleType | None = None,
  ) -> importlib.machinery.ModuleSpec | None:
    if fullname not in _SEEN_BY_ONE_IMPORTER:
      return None
    absent, make = _SEEN_BY_ONE_IMPORTER[fullname]
    if importlib.util.find_spec(absent) is not None:
      return None
    for finder in sys.meta_path:
      if finder is self:
        continue
      spec = finder.find_spec(fullname, path, target)
      if spec is not None and spec.loader is not None:
        spec.loader = _PrivateImportLoader(spec.loader, absent, make())
        return spec
    return None


class _PrivateImportLoader(importlib.abc.Loader):
  """Runs a module's code with an `__import__` that knows a stand-in."""

  def __init__(
    self, loader: importlib.abc.Loader, name: str, stand_in: types.ModuleType
  ):
    self._loader = loader
    self._name = name
    self._stand_in = stand_in

  def __getattr__(self, name: str) -> Any:
    return getattr(self._loader, name)

  def create_module(
    self, spec: importlib.machinery.ModuleSpec
  ) -> types.ModuleType | None:
    return self._loader.create_module(spec)

  def exec_module(self, module: types.ModuleType) -> None:
    def import_(name: str, *args: Any, **kwargs: Any) -> types.ModuleType:
      if name == self._name or name.startswith(self._name + "."):
        return self._stand_in
      return builtins.__import__(name, *args, **kwargs)

    # Code that runs with these globals, and functions that it defines, look
    # here for `__import__`.
    vars(module)["__builtins__"] = {**vars(builtins), "__import__": import_}
    self._loader.exec_module(module)
