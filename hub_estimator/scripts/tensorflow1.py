"""`tensorflow` as a program for TensorFlow 1 knew it."""

import builtins
import functools
import importlib
import types
from collections.abc import Sequence
from typing import Any

from hub_estimator.scripts import contrib_names, gone
from hub_estimator.scripts.contrib import Contrib
from hub_estimator.tensorflow_runtime import tf

# Not of the API: TensorFlow's own are meant.
_PRIVATE = ("python", "core", "lite", "tools", "tsl")
_OLD_ESTIMATOR = "tensorflow.python.estimator"


class _TensorFlow1(types.ModuleType):
  """`tensorflow.compat.v1`, with `contrib`, under the name `tensorflow`."""

  def __getattr__(self, name: str) -> Any:
    if name in _PRIVATE:
      return importlib.import_module(f"tensorflow.{name}")
    try:
      return getattr(tf, name)
    except AttributeError as error:
      raise AttributeError(
        f"module 'tensorflow' has no attribute {name!r}"
      ) from error

  def __dir__(self) -> list[str]:
    return sorted({*dir(tf), "contrib"})


class _Compat(types.ModuleType):
  """`tf.compat`, whose `v1` is this `tensorflow`."""

  def __getattr__(self, name: str) -> Any:
    return getattr(tf.compat, name)


def _make() -> types.ModuleType:
  made = _TensorFlow1("tensorflow", "TensorFlow 1, by TensorFlow 2.")
  compat = _Compat("tensorflow.compat")
  vars(compat)["v1"] = made
  public = [n for n in dir(tf) if not n.startswith("_") and n != "keras"]
  vars(made).update(
    contrib=Contrib(), compat=compat, __path__=[], __all__=public
  )
  return made


TENSORFLOW_1 = _make()


@functools.cache
def switch() -> None:
  """Turns off what TensorFlow 2 does otherwise, in the whole process."""
  tf.disable_v2_behavior()


def import_tensorflow(
  name: str, fromlist: Sequence[str] | None, *, guarded: bool
) -> types.ModuleType:
  """Returns what `__import__` returns, for a module of TensorFlow 1.

  Args:
    name: the module, which is `tensorflow` or in it.
    fromlist: the names after `from … import`, if it is one.
    guarded: whether the program goes on if the import fails.

  Raises:
    ImportError: there is no such module, or it is gone.
  """
  switch()
  parts = name.split(".")[1:]
  if guarded and (parts[:1] == ["contrib"] or "contrib" in (fromlist or ())):
    raise ModuleNotFoundError("No module named 'tensorflow.contrib'")
  if parts[:1] == ["examples"]:
    raise gone.GoneModule(gone.line(name, contrib_names.EXAMPLES))
  if parts and parts[0] in _PRIVATE:
    if f"{name}.".startswith(f"{_OLD_ESTIMATOR}."):
      name = f"tensorflow_estimator.{name.removeprefix('tensorflow.')}"
    module = builtins.__import__(name, fromlist=tuple(fromlist or ()))
    return module if fromlist else TENSORFLOW_1
  found: Any = TENSORFLOW_1
  for part in parts:
    found = _read(found, part)
    if not isinstance(found, types.ModuleType):
      raise ModuleNotFoundError(f"No module named {name!r}", name=name)
  assert isinstance(found, types.ModuleType)
  if parts[:1] == ["contrib"]:
    for imported in fromlist or ():
      _read(found, imported)
  return found if fromlist else TENSORFLOW_1


def _read(module: types.ModuleType, name: str) -> Any:
  """Returns what is in a module; None if there is nothing of the name."""
  try:
    return getattr(module, name)
  except gone.GoneName as error:  # `import` would put words of its own for it.
    raise gone.GoneModule(str(error)) from None
  except AttributeError:
    return None
