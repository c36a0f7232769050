"""The package tf-slim, which has what `tf.contrib.slim` had, and its layers."""

import importlib
import importlib.util
import pkgutil
import sys
from typing import Any

# tf-slim finds the layers of Keras 2 here, by TensorFlow; tf-keras has moved them.
_BEFORE, _NOW = "tf_keras.legacy_tf_layers", "tf_keras.src.legacy_tf_layers"
# Parts of `tf.contrib` that tf-slim has all of, or much of.
_PARTS = ("slim", "layers", "framework")


def find(path: str) -> Any:
  """Returns what tf-slim has of a name of `tf.contrib`; None if it isn't installed.

  Args:
    path: the name without "tf.contrib.".
  """
  part, *names = path.split(".")
  if part not in _PARTS or (part != "slim" and not names):
    return None
  if importlib.util.find_spec("tf_slim") is None:
    return None
  found: Any = _import()
  for name in names:
    found = getattr(found, name, None)
  return found


def _import() -> Any:
  if _BEFORE not in sys.modules:
    layers = importlib.import_module(_NOW)
    sys.modules[_BEFORE] = layers
    for module in pkgutil.iter_modules(layers.__path__):
      if not module.name.endswith("_test"):
        sys.modules[f"{_BEFORE}.{module.name}"] = importlib.import_module(
          f"{_NOW}.{module.name}"
        )
  return importlib.import_module("tf_slim")
