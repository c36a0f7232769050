"""The command `hub-estimator VERB`."""

import argparse
import gc
import os
import sys
import threading
from collections.abc import Sequence

from absl import app, flags
from hub_estimator.trainers import (
  apply,
  cache,
  check,
  convert,
  data,
  evaluate,
  export,
  init,
  inspect,
  lint,
  parser,
  predict,
  progress_line,
  publish,
  report,
  serve,
  serve_modules,
  sweep,
  train,
)
from hub_estimator.trainers import run as run_script

from hub_estimator.errors import RunFailed, UserError, one_line

# In the order in which people use them. None imports TensorFlow at module level.
VERBS = {
  "init": init,
  "data": data,
  "train": train,
  "check": check,
  "evaluate": evaluate,
  "predict": predict,
  "export": export,
  "serve": serve,
  "sweep": sweep,
  "report": report,
  "inspect": inspect,
  "apply": apply,
  "lint": lint,
  "cache": cache,
  "publish": publish,
  "convert": convert,
  "run": run_script,
  "serve-modules": serve_modules,
}


def main(argv: Sequence[str] | None = None) -> int:
  """Runs one verb and returns the exit code.

  0: success. 1: the run failed. 2: the request was wrong; one line on standard
  error says what it got, where, and what exists.
  """
  return _run_verb(parser.parse(sys.argv[1:] if argv is None else argv, VERBS))


def _run_verb(args: argparse.Namespace) -> int:
  if getattr(args, "safe", False):
    os.environ["HUB_ESTIMATOR_SAFE"] = "1"  # The workers of a sweep inherit it.
  if hasattr(args, "tfhub_cache_dir"):
    os.environ["TFHUB_CACHE_DIR"] = args.tfhub_cache_dir
  threading.excepthook = _tell_of_thread
  try:
    if args.verb == "run":
      flags.FLAGS.unparse_flags()  # They are the script's to parse.
      return run_script.main(args) or 0
    parser.set_up_logging(args.log_level)
    with progress_line.shown():
      return VERBS[args.verb].main(args) or 0
  except BrokenPipeError:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
  except KeyboardInterrupt:
    print(f"hub-estimator {args.verb}: interrupted.", file=sys.stderr)
    return 130
  except Exception as error:
    code, line = _code_and_line(error)
    if line is None:  # A mistake in this package, or in code of the user's.
      raise
    print(f"hub-estimator {args.verb}: {line}", file=sys.stderr)
    return code


def _code_and_line(error: Exception) -> tuple[int, str | None]:
  """Returns the exit code and the one line for an error; None needs a traceback."""
  kinds = {kind.__name__ for kind in type(error).__mro__}
  # The other: TensorFlow is missing or unsupported.
  if isinstance(error, UserError) or "UnsupportedTensorFlowError" in kinds:
    return 2, one_line(error)
  if isinstance(error, RunFailed):
    return 1, one_line(error)
  if "OpError" in kinds:  # TensorFlow's, which is only imported by then.
    from hub_estimator.tensorflow_runtime import op_errors

    return 1, op_errors.essence(error)
  if isinstance(error, OSError) and error.strerror:
    where = "" if error.filename is None else f": {error.filename}"
    return 1, f"{error.strerror}{where}."
  if isinstance(error, MemoryError):
    return 1, f"out of memory. {one_line(error)}".strip()
  return 1, None


def _tell_of_thread(args: threading.ExceptHookArgs) -> None:
  """Prints a thread's error, unless the main thread raises it again."""
  if args.thread is None or args.thread.name != "EventLoggerThread":
    threading.__excepthook__(args)


def run() -> None:
  """Runs one verb as a program of absl's, and exits with its code."""
  args = parser.parse(sys.argv[1:], VERBS)
  if args.verb == "run":  # It starts absl itself, if it uses it.
    sys.exit(_run_verb(args))
  app.run(_run_and_freeze, flags_parser=lambda argv: args)


def _run_and_freeze(args: argparse.Namespace) -> int:
  code = _run_verb(args)
  # Before it exits, Python scans all objects; with TensorFlow's, that takes a second.
  gc.freeze()
  return code


if __name__ == "__main__":
  run()
