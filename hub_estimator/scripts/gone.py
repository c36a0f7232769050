"""One line for a name that TensorFlow no longer has, with the place that reads it."""

import os
import pathlib
import sys

from hub_estimator.errors import UserError

_HERE = str(pathlib.Path(__file__).parent)


class GoneName(UserError, AttributeError):
  """A name of `tf.contrib` that nothing serves; `hasattr` is False, as it was."""


class GoneModule(UserError, ImportError):
  """A module of TensorFlow 1 that nothing serves, imported."""


def line(name: str, instead: str) -> str:
  """Returns the message: where a name is read, and what to use instead."""
  return f"{_place()}: {name} isn't in TensorFlow 2: {instead}."


def _place() -> str:
  """Returns `file:line` of the code outside this room that is running."""
  frame = sys._getframe()
  while frame.f_back is not None and (
    frame.f_code.co_filename.startswith((_HERE, "<frozen"))
  ):
    frame = frame.f_back
  file = frame.f_code.co_filename
  near = os.path.relpath(file)
  return f"{file if near.startswith('..') else near}:{frame.f_lineno}"
