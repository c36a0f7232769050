"""Find all that would fail later: everything short of step 1.

Reads the data, builds the graphs of training, evaluation and export, and
changes nothing.
"""

import argparse

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  flags.add_gin_arguments(parser, required=True)
  parser.add_argument(
    "--model_dir", metavar="D", help="also check that it can be written"
  )


def main(args: argparse.Namespace) -> int:
  """Checks, and prints what a run would be made of."""
  experiment = flags.read_experiment(args.gin_file, args.gin_param)
  from hub_estimator.runs import checking
  from hub_estimator.runs import experiment as experiments

  if args.model_dir is not None:
    checked = experiments.check_run(experiment, args.model_dir)
  else:
    experiments.check_devices(experiment)
    checked = checking.check(experiment)
  flags.print_json(
    {
      "modules": {
        name: {
          "handle": info.handle,
          "fingerprint": info.fingerprint,
          "train_tags": sorted(checked.train_tags[name]),
        }
        for name, info in checked.infos.items()
      },
      "features": {name: str(spec) for name, spec in checked.specs.items()},
      "train_examples": len(checked.train),
      "eval_examples": len(checked.eval),
      "variables": len(checked.variables),
    }
  )
  return 0
