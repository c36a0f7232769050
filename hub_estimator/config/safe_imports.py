"""Imports that a config may make if it comes from a stranger."""

import contextlib
import os
from collections.abc import Iterator

from hub_estimator.config import gin_internals

# If this environment variable is set, a config can import only this package and
# `tensorflow_text`, and so runs no code of its own.
SAFE = "HUB_ESTIMATOR_SAFE"
_ALLOWED = ("hub_estimator", "tensorflow_text")


def is_safe() -> bool:
  """Returns whether configs are treated as strangers'."""
  return bool(os.environ.get(SAFE))


def may_import(module: str) -> bool:
  """Returns whether a module may be imported: any, unless `SAFE` is set."""
  return not is_safe() or module.split(".")[0] in _ALLOWED


@contextlib.contextmanager
def only_safe_imports() -> Iterator[None]:
  """Refuses all but safe imports inside a `with` block, if `SAFE` is set."""
  if not is_safe():
    yield
    return
  with gin_internals.checked_imports(_check):
    yield


def _check(module: str, statement: str) -> None:
  if not may_import(module):
    raise ImportError(
      f"{statement!r} isn't allowed with --safe; a config may import "
      f"{' and '.join(_ALLOWED)}."
    )
