"""Train, evaluate and export; resumes.

Everything that can fail early is checked first. A run that was interrupted
goes on from its last checkpoint, one that is done says so.
"""

import argparse

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  flags.add_gin_arguments(parser, required=True)
  parser.add_argument(
    "--model_dir", required=True, metavar="D", help="where the run is kept"
  )


def main(args: argparse.Namespace) -> int:
  """Trains, and prints the result."""
  import dataclasses

  experiment = flags.read_experiment(args.gin_file, args.gin_param)
  from hub_estimator import config, results
  from hub_estimator import experiment as experiments

  result = experiments.train(
    experiment,
    args.model_dir,
    config_text=config.text(),
    operative_config=config.operative_text,
  )
  flags.print_json(
    results.plain({"model_dir": args.model_dir, **dataclasses.asdict(result)})
  )
  return 1 if any("error" in e for e in result.exports.values()) else 0
