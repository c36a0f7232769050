"""`tf.contrib`: what moved or is a few lines is served; the rest names what to use."""

import functools
import types
from collections.abc import Mapping
from typing import Any

from hub_estimator.scripts import contrib_names, gone, layers, lookup, slim
from hub_estimator.scripts.hparams import HParams
from hub_estimator.tensorflow_runtime import tf

_SERVED: Mapping[str, Any] = {
  **{f"layers.{f.__name__}": f for f in layers.SERVED},
  **{f"lookup.{name}": getattr(lookup, name) for name in lookup.SERVED},
  "layers.xavier_initializer_conv2d": layers.xavier_initializer,
  "training.HParams": HParams,
}
_MODULES = {name.split(".")[0] for name in contrib_names.REPLACED}


class Contrib(types.ModuleType):
  """`tf.contrib`, or a module in it; importing one never fails, using it may."""

  def __init__(self, path: str = "") -> None:
    """Makes a module.

    Args:
      path: where it is below `tf.contrib`; "" is `tf.contrib` itself.
    """
    super().__init__(f"tensorflow.contrib.{path}".rstrip("."))
    self._path = path
    self.__path__: list[str] = []

  def __getattr__(self, name: str) -> Any:
    if name.startswith("__"):
      raise AttributeError(name)
    path = f"{self._path}.{name}".lstrip(".")
    found = self._find(path)
    if found is None:
      instead = contrib_names.replacement(path)
      raise gone.GoneName(gone.line(f"tf.contrib.{path}", instead))
    setattr(self, name, found)
    return found

  def _find(self, path: str) -> Any:
    if path in _SERVED:
      return _SERVED[path]
    if path in contrib_names.MOVED:
      moved = contrib_names.MOVED[path].split(".")
      return functools.reduce(getattr, moved, tf)
    found = slim.find(path)
    if found is None and (path in _MODULES or _leads_to_names(path)):
      return Contrib(path)
    return found


def _leads_to_names(path: str) -> bool:
  known = [*_SERVED, *contrib_names.MOVED]
  return any(name.startswith(f"{path}.") for name in known)
