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

# (scope, selector, parameter) of a binding. A macro's scope is its name.
Key = tuple[str, str, str]


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


def parse_file(file: str) -> None:
  """Parses a gin file and all that it includes."""
  config.parse_config_file(file)


@contextlib.contextmanager
def recorded_bindings(
  record: Callable[[Key, Any, str | None], None],
) -> Iterator[None]:
  """Calls a function with each binding that is parsed inside a `with` block.

  Args:
    record: takes the binding's key, its value, and its file; None is no file.
  """
  files: list[str] = []
  parse, bind = config.parse_config_file, config.bind_parameter

  def parse_recorded(file: str, *args: Any, **kwargs: Any) -> Any:
    files.append(_found(file))
    try:
      return parse(file, *args, **kwargs)
    finally:
      files.pop()

  def bind_recorded(key: Any, value: Any) -> None:
    bind(key, value)
    parsed = config.ParsedBindingKey.parse(key)
    full = (*parsed.config_key, parsed.arg_name)
    record(full, value, files[-1] if files else None)

  config.parse_config_file, config.bind_parameter = (
    parse_recorded,
    bind_recorded,
  )
  try:
    yield
  finally:
    config.parse_config_file, config.bind_parameter = parse, bind


def _found(file: str) -> str:
  """Returns the path that gin opens for a file's name."""
  candidates = [os.path.join(d, file) for d in config._LOCATION_PREFIXES]
  return next((c for c in candidates if os.path.isfile(c)), file)


def unlock() -> None:
  """Lets parts be registered after a config was parsed.

  gin locks its state when a config is complete, and then refuses to register anything:
  also what a notebook imports next.
  """
  config._set_config_is_locked(False)


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


def function_references() -> dict[int, config.ConfigurableReference]:
  """Returns the references to uncalled functions, by the id of what they become.

  gin turns `@schedules.cosine` into a function that looks up its bindings when it is
  called.
  """
  return {
    id(reference.scoped_configurable_fn): reference
    for reference in config.iterate_references(config._CONFIG)
    if not reference.evaluate
  }


def reachable_bindings(
  reference: config.ConfigurableReference,
) -> tuple[tuple[str, str, str, str], ...]:
  """Returns all bindings that a call of a reference may read.

  Args:
    reference: to a configurable.

  Returns:
    (scope, configurable, parameter, value as text), sorted.
  """
  found: set[tuple[str, str, str, str]] = set()
  seen: set[tuple[str, str]] = set()

  def visit(reached: config.ConfigurableReference) -> None:
    if reached.config_key in seen:
      return
    seen.add(reached.config_key)
    selector = reached.configurable.selector
    for depth in range(len(reached.scopes) + 1):
      scope = "/".join(reached.scopes[:depth])
      for name, value in config._CONFIG.get((scope, selector), {}).items():
        found.add((scope, selector, name, repr(value)))
        for following in config.iterate_references(value):
          visit(following)

  visit(reference)
  return tuple(sorted(found))


def bound_keys() -> set[Key]:
  """Returns the keys of all bindings."""
  return {(*at, name) for at, bound in config._CONFIG.items() for name in bound}


def references_at(
  scope: str, selector: str
) -> list[config.ConfigurableReference]:
  """Returns the references among a configurable's bindings in one scope."""
  bound = config._CONFIG.get((scope, selector), {})
  return list(config.iterate_references(bound))


def bound_keywords(reference: config.ConfigurableReference) -> dict[str, Any]:
  """Returns the arguments that gin would give to a call, with macros resolved.

  Args:
    reference: to a configurable. References among its arguments stay references.
  """
  found = config._get_bindings(
    reference.configurable.selector, scope_components=reference.scopes
  )
  return {name: _without_macros(value) for name, value in found.items()}


def _without_macros(value: Any) -> Any:
  if isinstance(value, config.ConfigurableReference):
    if value.evaluate and value.configurable.wrapped is config.macro:
      return _without_macros(bound_keywords(value)["value"])
    return value
  if isinstance(value, (list, tuple)):
    return type(value)(_without_macros(item) for item in value)
  if isinstance(value, dict):
    return {key: _without_macros(item) for key, item in value.items()}
  return value


def copy_of_bindings() -> dict[Any, Any]:
  """Returns a copy of all bindings, for `with_bindings`."""
  return {key: dict(bound) for key, bound in config._CONFIG.items()}


@contextlib.contextmanager
def with_bindings(bindings: Mapping[Any, Any]) -> Iterator[None]:
  """Puts a copy of earlier bindings in place inside a `with` block.

  Args:
    bindings: as `copy_of_bindings` returned them.
  """
  current = dict(config._CONFIG)
  try:
    config._CONFIG.clear()
    config._CONFIG.update(bindings)
    yield
  finally:
    config._CONFIG.clear()
    config._CONFIG.update(current)
