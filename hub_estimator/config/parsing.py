"""Parses gin files and bindings into a fresh config."""

import contextlib
import logging
import os
import re
import sys
from collections.abc import Iterator, Sequence

import gin

from hub_estimator.config import gin_internals, sources
from hub_estimator.config.explanations import explain
from hub_estimator.config.gin_files import CONFIGS_DIR, find_gin_file
from hub_estimator.config.safe_imports import is_safe, only_safe_imports
from hub_estimator.errors import UserError, nearest

# Environment variable that names a gin file to parse before all others, such as a
# site's mirrors and short names.
SITE_FILE = "HUB_ESTIMATOR_GIN"
_import_path: list[str] = []


def parse(gin_files: Sequence[str], gin_params: Sequence[str] = ()) -> None:
  """Clears gin's state, then parses files and bindings into it.

  The file that the environment variable HUB_ESTIMATOR_GIN names is parsed first. A
  relative path is looked up in the working directory, then among the configs that
  ship with the package; that of an `include` also in the directory of the file that
  includes it. If the environment has HUB_ESTIMATOR_SAFE, only the site's own file
  may import more than this package and tensorflow_text, so that a stranger's config
  can't run code.

  Args:
    gin_files: paths or shipped names such as "runs/quickstart.gin".
    gin_params: bindings such as "MAX_STEPS = 100"; they override the files.

  Raises:
    UserError: a file is missing, or holds an unknown name, broken syntax or a
      forbidden import; or a macro is used and not bound, or bound in `gin_params`
      and never used.
  """
  clear()
  site, others = (
    [find_gin_file(name) for name in names]
    for names in (site_files(), gin_files)
  )
  beside = [os.path.dirname(os.path.abspath(f)) for f in (*site, *others)]
  gin_internals.set_search_path(["", str(CONFIGS_DIR), *beside])
  sources.current().site.update(site)
  with contextlib.ExitStack() as stack:
    for context in (
      _explained(),
      _without_search_remarks(),
      _importable(beside),
      sources.recorded(),
    ):
      stack.enter_context(context)
    for file in site:
      gin_internals.parse_file(file)
    with only_safe_imports():
      for file in others:
        gin_internals.parse_file(file)
      sources.current().before_command_line = gin_internals.copy_of_bindings()
      for param in gin_params:
        _parse_param(param)
    gin.finalize()
    gin_internals.unlock()
    _check_macros_used(gin_params)


def clear() -> None:
  """Removes all bindings of an earlier config in this process."""
  gin.clear_config()
  sources.forget()


def site_files() -> list[str]:
  """Returns the file that HUB_ESTIMATOR_GIN names in a list, or an empty list."""
  named = os.environ.get(SITE_FILE)
  return [named] if named else []


def import_path() -> list[str]:
  """Returns the directories, beside `sys.path`, that configs imported from."""
  return list(_import_path)


def _parse_param(param: str) -> None:
  try:
    gin.parse_config(param)
  except Exception as error:
    raise UserError(f"--gin_param {param!r}: {explain(error)}") from error


@contextlib.contextmanager
def _explained() -> Iterator[None]:
  """Turns errors of gin into UserErrors of one line."""
  try:
    yield
  except UserError:
    raise
  except Exception as error:
    raise UserError(f"gin: {explain(error)}") from error


@contextlib.contextmanager
def _importable(beside: Sequence[str]) -> Iterator[None]:
  """Lets a gin file import Python files beside it, as in `import my_heads`."""
  added = [d for d in (os.getcwd(), *beside) if d not in sys.path]
  if is_safe():  # A file beside a config could have the name of any module.
    added = []
  _import_path.extend(d for d in added if d not in _import_path)
  sys.path.extend(added)
  try:
    yield
  finally:
    for directory in added:
      sys.path.remove(directory)


@contextlib.contextmanager
def _without_search_remarks() -> Iterator[None]:
  """Drops the error that gin logs for each directory that lacks a file."""

  def is_no_remark(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith("Path not found")

  logger = logging.getLogger()
  logger.addFilter(is_no_remark)
  try:
    yield
  finally:
    logger.removeFilter(is_no_remark)


def _check_macros_used(gin_params: Sequence[str]) -> None:
  """Refuses a mistyped macro on the command line, which would have no effect."""
  used = gin_internals.used_macros()
  for param in gin_params:
    match = re.match(r"\s*([A-Za-z_][\w/]*)\s*=(?!=)", param)
    if match and match.group(1) not in used:
      raise UserError(
        f"--gin_param {param!r}: nothing uses the macro {match.group(1)!r}; "
        + nearest(match.group(1), used)
      )
