"""Find mistakes in a config and its data, without training.

Reads the data and builds the graphs for training, evaluation and export. Changes
nothing.
"""

import argparse

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  flags.add_gin_arguments(parser, required=True)
  parser.add_argument(
    "--model_dir",
    metavar="D",
    help="also check that the run can be written to this directory",
  )


def main(args: argparse.Namespace) -> int:
  """Checks a run and prints its modules, features and sizes."""
  experiment = flags.read_experiment(args.gin_file, args.gin_param)
  from hub_estimator import runs

  if args.model_dir is not None:
    checked = runs.check_run(experiment, args.model_dir)
  else:
    runs.check_devices(experiment)
    checked = runs.check(experiment)
  checked.report.log()
  flags.print_json(
    {
      "modules": {
        name: {
          "handle": info.handle,
          "fingerprint": info.fingerprint,
          "train_tags": sorted(checked.train_tags[name]),
          "tokenizer": checked.tokenizers.get(name),
        }
        for name, info in checked.infos.items()
      },
      "features": {name: str(spec) for name, spec in checked.specs.items()},
      "classes": {
        name: column.counts for name, column in checked.schema.labels.items()
      },
      "data": checked.report.as_json(),
      "train_examples": len(checked.train),
      "eval_examples": len(checked.eval),
      "variables": len(checked.variables),
    }
  )
  return 0
