"""Convert a module for code without TensorFlow 1.

--to=tf2 writes a SavedModel of TensorFlow 2 with the module's variables, all of its
signatures, and a call for inference and training. docs/leaving.md says who reads it.
"""

import argparse
import sys

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  parser.add_argument(
    "handle",
    metavar="HANDLE",
    help="a module: a directory, a URL, a run's model_dir or another handle",
  )
  parser.add_argument(
    "--to", required=True, choices=("tf2",), help="the format to write"
  )
  parser.add_argument(
    "--output",
    required=True,
    metavar="D",
    help="the directory to write, which must not exist yet",
  )
  parser.add_argument(
    "--signature",
    metavar="S",
    help="the signature that a call applies (default: 'default', or the only one "
    "that has inputs)",
  )
  flags.add_handle_arguments(parser)


def main(args: argparse.Namespace) -> int:
  """Converts a module and reports its path."""
  flags.read_handles(args)
  from hub_estimator import converting

  converting.convert(
    args.output, args.handle, to=args.to, signature=args.signature
  )
  print(f"converted {args.handle} to {args.output}", file=sys.stderr)
  return 0
