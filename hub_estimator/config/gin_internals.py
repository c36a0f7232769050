"""Everything that the library uses of gin beyond its public API.

gin has no public way to shrink its search path, to leave bindings out of a dump, to
list registered configurables and their parameters, or to refuse an import. The
functions here do so; if one of gin's private names changes, this file and its test
are the only ones to fail.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from gin import config, resource_reader


def set_search_path(directories: Sequence[str]) -> None:
  """Makes gin look for files in directories, then in packages, nowhere else.

  Gin's public function only adds directories.

  Args:
    directories: in order; "" is the working directory.
  """
  config._LOCATION_PREFIXES[:] = directories
  config._FILE_READERS[:] = [
    (open, os.path.isfile),
    (resource_reader.system_path_reader, _is_in_a_package),
  ]


def _is_in_a_package(path: str) -> bool:
  try:
    return resource_reader.system_path_file_exists(path)
  except TypeError:  # Gin fails on a folder without an __init__.py.
    return False


@contextlib.contextmanager
def checked_imports(check: Callable[[str, str], None]) -> Iterator[None]:
  """Calls a function before each import of a config inside a `with` block.

  Args:
    check: takes the module's name and the statement, and raises an ImportError to
      refuse it. Gin wraps any error of ours, and would lose the place.
  """
  context = config.ParseContext
  process = context.process_import

  def process_checked(self: Any, statement: Any) -> None:
    check(statement.module, statement.format())
    process(self, statement)

  context.process_import = process_checked
  try:
    yield
  finally:
    context.process_import = process


@contextlib.contextmanager
def without_bindings_of(name: str) -> Iterator[None]:
  """Hides the bindings of a configurable inside a `with` block.

  Args:
    name: of the configurable, without its modules.
  """
  kept = dict(config._CONFIG)
  try:
    for scope, selector in kept:
      if selector.split(".")[-1] == name:
        del config._CONFIG[scope, selector]
    yield
  finally:
    config._CONFIG.clear()
    config._CONFIG.update(kept)


def registered_parts() -> Mapping[str, Any]:
  """Returns the functions and classes that are registered, by full name."""
  parts = config._REGISTRY._selector_map.items()
  return {selector: known.wrapped for selector, known in parts}


def parameters_of(name: str) -> list[str] | None:
  """Returns the names of the parameters that can be bound for a configurable.

  Args:
    name: of the configurable, as a gin file has it. None comes back if no
      configurable has it.
  """
  configurable = config._REGISTRY.get_match(name)
  if configurable is None:
    return None
  wrapped = configurable.wrapped
  spec = config._get_cached_arg_spec(wrapped)
  first = 1 if isinstance(wrapped, type) else 0  # Without `self`.
  return [*spec.args[first:], *spec.kwonlyargs]


def bound_macros() -> set[str]:
  """Returns the names of the macros that have values."""
  return {
    scope for scope, selector in config._CONFIG if selector == "gin.macro"
  }


def used_macros() -> set[str]:
  """Returns the names of the macros that any binding refers to."""
  references = config.iterate_references(
    config._CONFIG, to=config.get_configurable(config.macro)
  )
  return {
    reference.scoped_selector.removesuffix("/gin.macro").removesuffix("/macro")
    for reference in references
  }
