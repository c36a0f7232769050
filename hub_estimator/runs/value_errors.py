"""Reports values of a wrong kind in a config."""

import contextlib
import os
import sysconfig
import traceback
from collections.abc import Iterator

from hub_estimator.errors import UserError, one_line

_PACKAGE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


@contextlib.contextmanager
def reporting_value_errors() -> Iterator[None]:
  """Turns a Python error that a value in a config causes here into a UserError.

  An error that passed through the user's own code stays as it is, with its traceback.
  """
  try:
    yield
  except UserError:
    raise
  except (AttributeError, KeyError, TypeError, ValueError) as error:
    known = (_PACKAGE, "<", *sysconfig.get_paths().values())
    frames = traceback.extract_tb(error.__traceback__)
    if not all(frame.filename.startswith(known) for frame in frames):
      raise
    last = [f for f in frames if f.filename.startswith(_PACKAGE)][-1]
    raise UserError(
      "A value in the config is of another kind than it is used as: "
      f"{type(error).__name__}: {one_line(error)} "
      f"({os.path.relpath(last.filename, _PACKAGE)}, line {last.lineno}: "
      f"{last.line})"
    ) from error
