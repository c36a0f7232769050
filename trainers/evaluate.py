"""Evaluate a run's checkpoint and print its metrics as JSON.

Needs only the model_dir. To evaluate on other data, use --gin_param, for example
--gin_param='eval/inputs.csv.path = "other.csv"'.
"""

import argparse

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  flags.add_run_arguments(parser)
  flags.add_gin_param_argument(parser)


def main(args: argparse.Namespace) -> int:
  """Evaluates a checkpoint and prints the metrics."""
  experiment = flags.read_run(args)
  from hub_estimator import runs

  flags.print_json(
    runs.evaluate(
      args.model_dir, experiment=experiment, checkpoint=args.checkpoint
    )
  )
  return 0
