"""Paths that a user names."""

import os
from typing import Any

from hub_estimator.errors import UserError, nearest


def expand_path(path: Any, what: str) -> str:
  """Returns a path with ~ replaced.

  Args:
    path: the user's value.
    what: its binding, for the message.

  Raises:
    UserError: it isn't a string.
  """
  if not isinstance(path, str):
    raise UserError(f"{what} is {path!r}; it is a path.")
  return os.path.expanduser(path)


def existing_file(path: Any, what: str) -> str:
  """Returns the path of an existing file, with ~ replaced.

  Args:
    path: the user's value.
    what: the input or the verb that reads it, for the message.

  Raises:
    UserError: there is no such file; the message names files beside it.
  """
  path = expand_path(path, f"{what}.path")
  if not os.path.isfile(path):
    folder = os.path.dirname(os.path.abspath(path))
    held = os.listdir(folder) if os.path.isdir(folder) else []
    # A verb's name is in front of its message anyway.
    reader = f"{what}: no" if "." in what else "No"
    raise UserError(
      f"{reader} file {path!r} in {folder}; "
      + nearest(os.path.basename(path), held)
    )
  return path
