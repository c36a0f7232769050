"""Evaluate a run's checkpoint and print its metrics.

Needs only the model_dir. To evaluate on other data, use --gin_param, for example
--gin_param='eval/inputs.csv.path = "other.csv"'.
Prints a summary on a terminal, and JSON into files and pipes.
"""

import argparse

from hub_estimator.trainers import flags, summaries, terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  flags.add_run_arguments(parser)
  flags.add_gin_param_argument(parser)
  terminal.add_json_argument(parser)


def main(args: argparse.Namespace) -> int:
  """Evaluates a checkpoint and prints the metrics."""
  experiment = flags.read_run(args)
  from hub_estimator import runs

  metrics = runs.evaluate(
    args.model_dir, experiment=experiment, checkpoint=args.checkpoint
  )
  if terminal.is_read_by_a_person(args):
    summaries.show_evaluation(args.model_dir, metrics)
  else:
    flags.print_json(metrics)
  return 0
