"""Export a run's checkpoint: the full model and its modules, one version.

Needs the model_dir alone.
"""

import argparse

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  flags.add_run_arguments(parser)


def main(args: argparse.Namespace) -> int:
  """Exports, and prints where."""
  experiment = flags.read_run(args)
  from hub_estimator import experiment as experiments

  version = experiments.export(
    experiment, args.model_dir, checkpoint=args.checkpoint
  )
  flags.print_json(
    {
      "version": version.number,
      "model": str(version.model),
      "module": version.modules and str(version.modules),
    }
  )
  return 0
