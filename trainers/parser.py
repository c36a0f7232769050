"""The command's parser: verbs by argparse, among the flags of absl."""

import argparse
import logging
import os
import sys
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import Any, NoReturn

from absl import flags
from absl import logging as absl_logging
from absl.flags import argparse_flags
from absl.logging import converter
from hub_estimator.trainers import version

from hub_estimator.errors import one_line


class Parser(argparse_flags.ArgumentParser):
  """A parser of a verb, or of the whole command; its errors are one line."""

  def __init__(self, **kwargs: Any) -> None:
    """Makes a parser; the arguments are argparse's."""
    # Ours replace flags of absl that have the same name.
    super().__init__(**kwargs, conflict_handler="resolve")
    # A flag of tensorflow_hub's, which may not be imported yet.
    self.add_argument(
      "--tfhub_cache_dir",
      default=argparse.SUPPRESS,
      metavar="D",
      help="where fetched modules are cached (default: TFHUB_CACHE_DIR)",
    )

  def error(self, message: str) -> NoReturn:
    """Prints what is wrong, and exits with 2."""
    self.exit(2, f"{self.prog}: {one_line(message)}\n")


def parse(
  argv: Sequence[str], verbs: Mapping[str, ModuleType]
) -> argparse.Namespace:
  """Returns the parsed command line; flags of absl are in `absl.flags.FLAGS`.

  Args:
    argv: what follows the command's name.
    verbs: their files, by name.

  Raises:
    SystemExit: after `--help` or `--version`, or a mistake in the command line.
  """
  parser = Parser(
    prog="hub-estimator",
    description="Fine-tune, compare and re-export TF1 Hub modules.",
  )
  parser.add_argument(
    "--version",
    action=version.Print,
    nargs=0,
    help="print the versions of the packages that matter, and exit",
  )
  subparsers = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
  for name, module in verbs.items():
    doc = (module.__doc__ or "").strip()
    verb = subparsers.add_parser(
      name,
      help=doc.splitlines()[0],
      description=doc,
      formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    module.add_arguments(verb)
  ours, of_script = _split(argv, verbs)
  # Of a command before, in the same process.
  for flag in flags.FLAGS.flags_by_module_dict()[absl_logging.__name__]:
    flag.unparse()
  try:
    args = parser.parse_args(ours)
  except flags.Error as error:
    parser.error(str(error))
  except BrokenPipeError:  # Of help, or the versions.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    parser.exit(1)
  if of_script:
    args.arguments = of_script
  log_dir = flags.FLAGS.log_dir
  if log_dir and not os.path.isdir(log_dir):
    parser.error(f"argument --log_dir: {log_dir!r} isn't a directory")
  verbosity = flags.FLAGS["verbosity"]
  # absl.app changes what isn't given.
  given = not verbosity.using_default_value
  args.log_level = (
    converter.absl_to_standard(verbosity.value) if given else None
  )
  return args


def _split(
  argv: Sequence[str], verbs: Mapping[str, ModuleType]
) -> tuple[list[str], list[str]]:
  """Returns the command's own arguments, and those of the script that it runs.

  absl would read a script's `--flagfile`.
  """
  verb = next((i for i, word in enumerate(argv) if word in verbs), None)
  if verb is not None and argv[verb] == "run":
    for i in range(verb + 1, len(argv)):
      if not argv[i].startswith("-"):
        return list(argv[: i + 1]), list(argv[i + 1 :])
  return list(argv), []


def set_up_logging(level: int | None) -> None:
  """Shows the log of this package, and only errors of TensorFlow and Hub.

  Args:
    level: one for all of them, of `--verbosity`; None if it isn't given.
  """
  os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
  # The same as root's handler, but for the form of a line.
  handler = absl_logging.PythonHandler(
    sys.stderr, logging.Formatter("%(message)s")
  )
  log_dir = flags.FLAGS.log_dir
  if log_dir:
    handler.start_logging_to_file("hub-estimator", log_dir)
  logger = logging.getLogger("hub_estimator")
  logger.handlers[:] = [handler]
  logger.setLevel(logging.INFO if level is None else level)
  logger.propagate = False
  for name in ("tensorflow", "absl"):
    logging.getLogger(name).setLevel(logging.ERROR if level is None else level)
