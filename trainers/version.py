"""Prints the versions of what a run depends on, without importing any of it."""

import argparse
import importlib.metadata
import platform
from typing import Any

# Of each line, the first that is installed.
_PACKAGES = (
  ("hub-estimator",),
  ("tensorflow", "tensorflow-cpu", "tf-nightly"),
  ("tf-keras",),
  ("tensorflow-estimator",),
  ("tensorflow-hub",),
  ("gin-config",),
)


class Print(argparse.Action):
  """The action of `--version`."""

  def __call__(
    self,
    parser: argparse.ArgumentParser,
    namespace: argparse.Namespace,
    values: Any,
    option_string: str | None = None,
  ) -> None:
    """Prints the versions and exits."""
    del namespace, values, option_string
    ours, *others = (_line(names) for names in _PACKAGES)
    python = f"Python {platform.python_version()}"
    print("\n".join([ours, python, *others]))
    parser.exit()


def _line(names: tuple[str, ...]) -> str:
  for name in names:
    try:
      return f"{name} {importlib.metadata.version(name)}"
    except importlib.metadata.PackageNotFoundError:
      continue
  return f"{names[0]} isn't installed"
