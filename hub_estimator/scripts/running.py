"""Runs a script as Python would, in which `import tensorflow` means TensorFlow 1."""

import builtins
import os
import pathlib
import sys
import types
import warnings
from collections.abc import Sequence

from hub_estimator.errors import UserError
from hub_estimator.scripts import gone, importing, tracebacks


def run_script(path: str, arguments: Sequence[str] = ()) -> int:
  """Runs a script as the process's main program, and returns its exit code.

  It has the `sys.argv`, `sys.path` and `__main__` that Python would give it. An error
  of the script's is reported as Python reports it.

  Args:
    path: the script's file.
    arguments: what follows it on the command line.

  Raises:
    UserError: there is no such file, or it uses what TensorFlow 2 doesn't have.
    SystemExit: the script exits.
  """
  try:
    source = pathlib.Path(path).read_bytes()
  except OSError as error:
    raise UserError(
      f"The script {path!r} can't be read: {error.strerror}."
    ) from error
  file = os.path.abspath(path)
  folder = os.path.dirname(os.path.realpath(path))
  sys.argv = [path, *arguments]
  if not sys.flags.safe_path:
    sys.path[0] = folder  # Python has put the command's own there.
  sys.meta_path.insert(0, importing.OwnModules(pathlib.Path(folder)))
  # Of tf.layers: the advice to leave TensorFlow 1.
  warnings.filterwarnings("ignore", ".*tf.keras", UserWarning)
  main = types.ModuleType("__main__")
  vars(main).update(__file__=file, __builtins__=builtins, __annotations__={})
  sys.modules["__main__"] = main
  try:
    code = compile(source, file, "exec", dont_inherit=True)
    importing.prepare(main, source)
    exec(code, vars(main))
  except (SystemExit, gone.GoneName, gone.GoneModule):
    raise
  except BaseException as error:
    tracebacks.cut(error)
    sys.excepthook(type(error), error, error.__traceback__)
    return 130 if isinstance(error, KeyboardInterrupt) else 1
  return 0
