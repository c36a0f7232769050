"""The command `hub-estimator VERB`."""

import argparse
import gc
import logging
import os
import sys
import threading
from collections.abc import Sequence

from hub_estimator.trainers import (
  apply,
  cache,
  check,
  convert,
  evaluate,
  export,
  inspect,
  lint,
  predict,
  progress_line,
  publish,
  report,
  serve_modules,
  sweep,
  train,
)

from hub_estimator.errors import RunFailed, UserError, one_line

# In the order in which people use them. None imports TensorFlow at module level.
VERBS = {
  "train": train,
  "check": check,
  "evaluate": evaluate,
  "predict": predict,
  "export": export,
  "sweep": sweep,
  "report": report,
  "inspect": inspect,
  "apply": apply,
  "lint": lint,
  "cache": cache,
  "publish": publish,
  "convert": convert,
  "serve-modules": serve_modules,
}


def main(argv: Sequence[str] | None = None) -> int:
  """Runs one verb and returns the exit code.

  0: success. 1: the run failed. 2: the request was wrong; one line on standard
  error says what it got, where, and what exists.
  """
  parser = argparse.ArgumentParser(
    prog="hub-estimator",
    description="Fine-tune, compare and re-export TF1 Hub modules.",
  )
  verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
  for name, module in VERBS.items():
    doc = module.__doc__.strip()
    verb = verbs.add_parser(
      name,
      help=doc.splitlines()[0],
      description=doc,
      formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(verb)
  args = parser.parse_args(argv)
  _set_up_logging()
  if getattr(args, "safe", False):
    os.environ["HUB_ESTIMATOR_SAFE"] = "1"  # The workers of a sweep inherit it.
  try:
    with progress_line.shown():
      return VERBS[args.verb].main(args) or 0
  except UserError as error:
    print(f"hub-estimator {args.verb}: {one_line(error)}", file=sys.stderr)
    return 2
  except RunFailed as error:
    print(f"hub-estimator {args.verb}: {one_line(error)}", file=sys.stderr)
    return 1
  except BrokenPipeError:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1
  except KeyboardInterrupt:
    print(f"hub-estimator {args.verb}: interrupted.", file=sys.stderr)
    return 130
  except ImportError as error:
    # Users can fix this one: TensorFlow is missing or unsupported.
    if type(error).__name__ != "UnsupportedTensorFlowError":
      raise
    print(f"hub-estimator {args.verb}: {one_line(error)}", file=sys.stderr)
    return 2


def _set_up_logging() -> None:
  """Shows the log of this package, and only errors of TensorFlow and Hub."""
  os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
  handler = logging.StreamHandler(sys.stderr)
  handler.setFormatter(logging.Formatter("%(message)s"))
  ours = logging.getLogger("hub_estimator")
  ours.handlers[:] = [handler]
  ours.setLevel(logging.INFO)
  ours.propagate = False
  threading.excepthook = _tell_of_thread
  for name in ("tensorflow", "absl"):
    logging.getLogger(name).setLevel(logging.ERROR)


def _tell_of_thread(args: threading.ExceptHookArgs) -> None:
  """Prints a thread's error, unless the main thread raises it again."""
  if args.thread is None or args.thread.name != "EventLoggerThread":
    threading.__excepthook__(args)


def run() -> None:
  """Runs one verb and exits with its code."""
  code = main()
  # Before it exits, Python scans all objects; with TensorFlow's, that takes a second.
  gc.freeze()
  sys.exit(code)


if __name__ == "__main__":
  run()
