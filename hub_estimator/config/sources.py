"""Where the bindings of the config come from: a gin file, or the command line."""

import contextlib
import dataclasses
import os
import re
from collections.abc import Iterator
from typing import Any

import gin

from hub_estimator.config import gin_internals
from hub_estimator.config.gin_files import CONFIGS_DIR
from hub_estimator.config.gin_internals import Key

# The configurable whose binding marks a file of shared defaults.
MARK = "gin_file"


@gin.register(MARK, module="hub_estimator")
def gin_file(shared_defaults: bool = False) -> None:
  """Says what a gin file is; the binding is about the file that it stands in.

  Args:
    shared_defaults: whether bindings of the file may stay unread, because
      several configs include it and each reads only some of them.
  """


@dataclasses.dataclass
class Sources:
  """The sources of the current config's bindings.

  Attributes:
    files: the file of each binding, by its key; None is the command line.
    site: files that HUB_ESTIMATOR_GIN names.
    shared: files that are marked as shared defaults.
    before_command_line: the bindings of the files alone, as gin holds them.
  """

  files: dict[Key, str | None] = dataclasses.field(default_factory=dict)
  site: set[str] = dataclasses.field(default_factory=set)
  shared: set[str | None] = dataclasses.field(default_factory=set)
  before_command_line: dict[Any, Any] = dataclasses.field(default_factory=dict)

  def is_strict(self, key: Key) -> bool:
    """Returns whether a binding must be read by something.

    Those of shipped files need not: a command line that replaces a module or an
    optimizer leaves some of them without a reader.

    Args:
      key: of the binding; one that `config.parse` didn't see need not be read.
    """
    if key not in self.files or self.files[key] in self.shared:
      return False
    file = self.files[key]
    return file is None or not (
      file in self.site or os.path.abspath(file).startswith(f"{CONFIGS_DIR}/")
    )

  def is_saved(self, key: Key) -> bool:
    """Returns whether a binding comes from the config.gin of a run."""
    file = self.files.get(key)
    return file is not None and is_runs_own(file)

  def place(self, key: Key) -> str:
    """Returns the file and line of a binding, for a message."""
    file = self.files[key]
    if file is None:
      return "--gin_param"
    line = _line_of(key, file)
    return file if line is None else f"{file}, line {line}"


# Of the current config, as gin's own state is.
_current = Sources()


def current() -> Sources:
  """Returns the sources of the current config's bindings."""
  return _current


def forget() -> None:
  """Starts an empty config."""
  global _current
  _current = Sources()


@contextlib.contextmanager
def recorded() -> Iterator[None]:
  """Records the source of each binding that is parsed inside a `with` block."""

  def record(key: Key, value: object, file: str | None) -> None:
    if is_mark(key):
      if value:
        _current.shared.add(file)
      return
    _current.files[key] = file

  with gin_internals.recorded_bindings(record):
    yield


def is_mark(key: Key) -> bool:
  """Returns whether a binding marks its file, and is read by nothing else."""
  return key[1] == f"hub_estimator.{MARK}"


def is_runs_own(file: str) -> bool:
  """Returns whether a file is the config.gin that a run has written."""
  folder, name = os.path.split(file)
  return name == "config.gin" and os.path.exists(
    os.path.join(folder, "manifest.json")
  )


def _line_of(key: Key, file: str) -> int | None:
  """Returns the number of the last line that looks like a binding."""
  scope, selector, parameter = key
  name = selector.split(".")[-1]
  if selector == "gin.macro":
    pattern = rf"\s*{re.escape(scope)}\s*="
  else:
    prefix = rf"{re.escape(scope)}/" if scope else ""
    pattern = rf"\s*{prefix}([\w.]+\.)?{name}\.{parameter}\s*="
  try:
    with open(file, encoding="utf-8") as lines:
      found = [i for i, line in enumerate(lines, 1) if re.match(pattern, line)]
  except OSError:
    return None
  return found[-1] if found else None
