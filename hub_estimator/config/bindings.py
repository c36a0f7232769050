"""The bindings of the config: built into values, taken raw, and dumped."""

import contextlib
from typing import Any

import gin

from hub_estimator.config import gin_internals, sources
from hub_estimator.config.bound_functions import bind_functions
from hub_estimator.config.explanations import explain
from hub_estimator.config.unread import has_unread
from hub_estimator.errors import UserError

_LINE_LENGTH = 100


def build(name: str) -> Any:
  """Calls a configurable with its bindings, and returns the value.

  Functions that the config passes uncalled keep its bindings, whatever is parsed next.

  Args:
    name: of the configurable, such as "run".

  Raises:
    UserError: a binding is missing, has an unknown parameter or a bad value.
  """
  try:
    return bind_functions(gin.get_configurable(name)())
  except Exception as error:
    if isinstance(error, UserError) and "\n" not in str(error):
      raise
    raise UserError(f"gin: {explain(error)}") from error


def take_raw(name: str) -> Any:
  """Returns the value bound to a parameter without evaluating it; binds None.

  Args:
    name: such as "sweep.space".

  Returns:
    Python values with gin's references in them, or None if nothing is bound.
  """
  try:
    raw = gin.query_parameter(name)
  except ValueError:
    return None
  with gin.unlock_config():
    gin.bind_parameter(name, None)
  return raw


def text(*, without: str | None = None) -> str:
  """Returns all bindings as text, which gives the same config when parsed.

  Args:
    without: the name of a configurable whose bindings are left out; None keeps
      all.
  """
  with contextlib.ExitStack() as hidden:
    for name in (sources.MARK, without):
      if name is not None:
        hidden.enter_context(gin_internals.without_bindings_of(name))
    return gin.config_str(max_line_length=_LINE_LENGTH)


def run_text() -> str:
  """Returns all bindings as the text of a run's config.gin.

  If some are unread, such as defaults that other runs read, the text says that
  they may be.
  """
  found = text()
  if has_unread("run", "sweep"):
    found += f"\n{sources.MARK}.shared_defaults = True\n"
  return found


def operative_text() -> str:
  """Returns the bindings and defaults that have been used so far."""
  return gin.operative_config_str(max_line_length=_LINE_LENGTH)
