"""Rank the trials of a sweep, and write its table, report and winner.

Works while the sweep runs, too.
"""

import argparse

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  parser.add_argument(
    "sweep_dir", metavar="D", help="the sweep_dir of the sweep"
  )
  parser.add_argument(
    "--storage",
    metavar="URL",
    help="the --storage with which the sweep was started",
  )
  flags.add_safe_argument(parser)


def main(args: argparse.Namespace) -> int:
  """Ranks the trials and prints the table."""
  from hub_estimator.trainers import startup

  startup.import_tensorflow()
  from hub_estimator import sweeps

  outcome = sweeps.rank(args.sweep_dir, storage=args.storage)
  print(outcome.table)
  print(f"\nreport   {args.sweep_dir}/report.html")
  return 0
