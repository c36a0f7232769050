"""Run a script for TensorFlow 1, with tf.estimator and hub.Module, as it is.

In the script and the modules beside it, "import tensorflow as tf" means TensorFlow 1,
unless they use tf.compat.v1 or what only TensorFlow 2 has. Everything after SCRIPT is
the script's. docs/migrating.md leads on from here.
"""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's arguments."""
  parser.add_argument("script", metavar="SCRIPT", help="a Python file")
  parser.add_argument(
    "arguments",
    metavar="ARGS",
    nargs=argparse.REMAINDER,
    help="what the script gets in sys.argv",
  )


def main(args: argparse.Namespace) -> int:
  """Runs the script and returns its exit code."""
  from hub_estimator.trainers import startup

  startup.import_tensorflow()
  from hub_estimator import scripts

  return scripts.run_script(args.script, args.arguments)
