"""The one file that parses gin: search path, bindings, dump.

A config is gin's global state. `parse` always starts anew, so that what an
earlier run bound can't leak into the next.
"""

import contextlib
import logging
import os
import pathlib
import re
import sys
from collections.abc import Iterator, Sequence

import gin
from gin import config as gin_config
from gin import resource_reader

from hub_estimator.errors import UserError, nearest, one_line

# Names a gin file that is parsed ahead of all others: a site's mirrors and names.
SITE_FILE = "HUB_ESTIMATOR_GIN"
# Where it is set, a config imports nothing but this package and what it names.
SAFE = "HUB_ESTIMATOR_SAFE"
_SAFE_IMPORTS = ("hub_estimator", "tensorflow_text")
CONFIGS_DIR = pathlib.Path(__file__).parent / "configs"
if not CONFIGS_DIR.is_dir():  # A checkout, where configs/ lies at the top.
  CONFIGS_DIR = pathlib.Path(__file__).parent.parent / "configs"
_import_path: list[str] = []


def parse(gin_files: Sequence[str], gin_params: Sequence[str] = ()) -> None:
  """Clears gin's state, then parses files and bindings into it.

  The file that the environment's HUB_ESTIMATOR_GIN names is parsed first.
  A relative file is looked up in the working directory, then among the configs
  that ship with the package; an `include` also beside the including file. Where
  the environment has HUB_ESTIMATOR_SAFE, only the site's own file may import more
  than this package and tensorflow_text: a stranger's config can run no code.

  Args:
    gin_files: paths or shipped names such as "runs/quickstart.gin".
    gin_params: bindings such as "MAX_STEPS = 100"; they win over the files.

  Raises:
    UserError: a file is missing, or holds an unknown name, broken syntax, or an
      import that isn't allowed; a
      macro is used and not bound, or bound in `gin_params` and never used.
  """
  clear()
  site, theirs = (
    [_find(n) for n in names] for names in (site_files(), gin_files)
  )
  files = [*site, *theirs]
  beside = [os.path.dirname(os.path.abspath(f)) for f in files]
  # Gin's search path only ever grows through its public function.
  gin_config._LOCATION_PREFIXES[:] = ["", str(CONFIGS_DIR), *beside]
  gin_config._FILE_READERS[:] = [
    (open, os.path.isfile),
    (resource_reader.system_path_reader, _is_in_a_package),
  ]
  added = [d for d in (os.getcwd(), *beside) if d not in sys.path]
  if os.environ.get(SAFE):  # A file beside a config may have any module's name.
    added = []
  _import_path.extend(d for d in added if d not in _import_path)
  logging.getLogger().addFilter(_is_no_search_remark)
  sys.path.extend(added)  # For `import my_heads` in a user's gin file.
  try:
    for file in site:
      gin.parse_config_file(file)
    with _imports_checked():
      for file in theirs:
        gin.parse_config_file(file)
      for param in gin_params:
        try:
          gin.parse_config(param)
        except Exception as error:
          raise UserError(
            f"--gin_param {param!r}: {_explain(error)}"
          ) from error
    gin.finalize()
    _check_macros_used(gin_params)
  except UserError:
    raise
  except Exception as error:
    raise UserError(f"gin: {_explain(error)}") from error
  finally:
    for directory in added:
      sys.path.remove(directory)
    logging.getLogger().removeFilter(_is_no_search_remark)


def import_path() -> list[str]:
  """Returns where this process's parses looked for imports, beside `sys.path`."""
  return list(_import_path)


@contextlib.contextmanager
def _imports_checked() -> Iterator[None]:
  """Refuses imports that aren't allowed where HUB_ESTIMATOR_SAFE is set."""
  context = gin_config.ParseContext
  process = context.process_import

  def check(self, statement):
    root = statement.module.split(".")[0]
    if root not in _SAFE_IMPORTS:
      # Not ours: gin would wrap it, and lose the place.
      raise ImportError(
        f"{statement.format()!r} isn't allowed with --safe; a config may import "
        f"{' and '.join(_SAFE_IMPORTS)}."
      )
    process(self, statement)

  if os.environ.get(SAFE):
    context.process_import = check
  try:
    yield
  finally:
    context.process_import = process


def clear() -> None:
  """Forgets all that an earlier config of this process has bound."""
  gin.clear_config()


def site_files() -> list[str]:
  """Returns the file that HUB_ESTIMATOR_GIN names, as a list of it or none."""
  named = os.environ.get(SITE_FILE)
  return [named] if named else []


def build(name: str):
  """Calls the configurable `name` with what is bound and returns its value.

  Raises:
    UserError: a binding is missing, has an unknown parameter or a bad value.
  """
  try:
    return gin.get_configurable(name)()
  except Exception as error:
    if isinstance(error, UserError) and "\n" not in str(error):
      raise
    raise UserError(f"gin: {_explain(error)}") from error


def take_raw(name: str):
  """Returns what is bound to a parameter, not evaluated, and binds None.

  Args:
    name: such as "sweep.space".

  Returns:
    Python's values with gin's references in them, or None where it isn't bound.
  """
  try:
    raw = gin.query_parameter(name)
  except ValueError:
    return None
  with gin.unlock_config():
    gin.bind_parameter(name, None)
  return raw


def text(*, without: str | None = None) -> str:
  """Returns all bindings: what parsed again gives the same config.

  Args:
    without: the name of a configurable whose bindings are left out.
  """
  kept = dict(gin_config._CONFIG)
  try:
    for scope, selector in kept:
      if without is not None and selector.split(".")[-1] == without:
        del gin_config._CONFIG[scope, selector]
    return gin.config_str(max_line_length=100)
  finally:
    gin_config._CONFIG.clear()
    gin_config._CONFIG.update(kept)


def operative_text() -> str:
  """Returns the bindings and defaults that were used so far."""
  return gin.operative_config_str(max_line_length=100)


def shipped() -> list[str]:
  """Returns the names of the configs that ship with the package."""
  return sorted(
    str(path.relative_to(CONFIGS_DIR)) for path in CONFIGS_DIR.rglob("*.gin")
  )


def _is_in_a_package(path: str) -> bool:
  try:
    return resource_reader.system_path_file_exists(path)
  except TypeError:  # Gin fails on a folder without an __init__.py.
    return False


def _is_no_search_remark(record: logging.LogRecord) -> bool:
  """Gin logs an error for each directory of its path that lacks a file."""
  return not str(record.msg).startswith("Path not found")


def _find(name: str) -> str:
  for candidate in (name, str(CONFIGS_DIR / name)):
    if os.path.isfile(candidate):
      return candidate
  raise UserError(
    f"No gin file {name!r} in {os.getcwd()} or among the shipped configs: "
    + nearest(name, shipped())
  )


def _check_macros_used(gin_params: Sequence[str]) -> None:
  """A mistyped macro on the command line would change nothing, silently."""
  used = {
    ref.scoped_selector.removesuffix("/gin.macro").removesuffix("/macro")
    for ref in gin_config.iterate_references(
      gin_config._CONFIG, to=gin_config.get_configurable(gin_config.macro)
    )
  }
  for param in gin_params:
    match = re.match(r"\s*([A-Za-z_][\w/]*)\s*=(?!=)", param)
    if match and match.group(1) not in used:
      raise UserError(
        f"--gin_param {param!r}: nothing uses the macro {match.group(1)!r}; "
        + nearest(match.group(1), used)
      )


def _explain(error: Exception) -> str:
  """Returns gin's message in one line, with the nearest names added."""
  message = one_line(error)
  unknown = re.search(
    r"No configurable matching (?:reference )?'@?([\w./]+)(?:\(\))?'", message
  )
  if unknown:
    name = unknown.group(1).split("/")[-1]
    known = [
      ".".join(selector.split(".")[-2:]) if "." in selector else selector
      for selector in gin_config._REGISTRY._selector_map
    ]
    known = [k.removeprefix("hub_estimator.") for k in known]
    message += " " + nearest(
      name, (k for k in known if not k.startswith("gin."))
    )
  macro = re.search(
    r"No bindings specified for '([\w./]+?)(?:/?gin\.macro|/macro)?'", message
  )
  if macro:
    bound = {s for s, selector in gin_config._CONFIG if selector == "gin.macro"}
    message = (
      f"the macro %{macro.group(1)} is used and never bound; "
      + nearest(macro.group(1), bound)
    )
  parameter = re.search(
    r"[Cc]onfigurable '([\w.]+)' doesn't have a parameter named '(\w+)'",
    message,
  )
  if parameter:
    configurable = gin_config._REGISTRY.get_match(parameter.group(1))
    if configurable is not None:
      wrapped = configurable.wrapped
      known = gin_config._get_cached_arg_spec(wrapped).args[
        1 if isinstance(wrapped, type) else 0 :
      ]
      known += gin_config._get_cached_arg_spec(wrapped).kwonlyargs
      message += " " + nearest(parameter.group(2), known)
  return message
