"""Export a run's checkpoint: the full model and its modules, as one version.

Needs only the model_dir. The version is reloaded and compared with the checkpoint
before it appears under export/latest.
"""

import argparse

from hub_estimator.trainers import flags, summaries, terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  flags.add_run_arguments(parser)
  weights = parser.add_mutually_exclusive_group()
  weights.add_argument(
    "--averaged",
    action="store_true",
    default=None,
    help="export averaged weights; the default if the run has them",
  )
  weights.add_argument(
    "--raw",
    dest="averaged",
    action="store_false",
    help="export the last weights",
  )
  parser.add_argument(
    "--pack",
    action="store_true",
    help="also write each module as a tar.gz that a web server can serve",
  )
  terminal.add_json_argument(parser)


def main(args: argparse.Namespace) -> int:
  """Exports a version and prints its paths."""
  experiment = flags.read_run(args)
  from hub_estimator import runs
  from hub_estimator.handles import packing

  version = runs.export(
    args.model_dir,
    experiment=experiment,
    checkpoint=args.checkpoint,
    averaged=args.averaged,
  )
  printed = {
    "version": version.number,
    "model": str(version.model),
    "module": version.modules and str(version.modules),
  }
  if args.pack:
    printed["packed"] = [str(p) for p in packing.pack_version(version)]
  if terminal.is_read_by_a_person(args):
    summaries.show_export(args.model_dir, printed)
  else:
    flags.print_json(printed)
  return 0
