"""Rank a sweep's trials as they stand: the table, the page, the best.

Also of a sweep that still runs.
"""

import argparse

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  parser.add_argument(
    "sweep_dir", metavar="D", help="the sweep, as it was started"
  )
  parser.add_argument(
    "--storage", metavar="URL", help="as the sweep was started with"
  )
  flags.add_safe_argument(parser)


def main(args: argparse.Namespace) -> int:
  """Ranks, and prints the table."""
  from hub_estimator.trainers import startup

  startup.import_tensorflow()
  import hub_estimator.experiments  # noqa: F401  Registers the parts.
  from hub_estimator.sweeps import running

  outcome = running.rank(args.sweep_dir, storage=args.storage)
  print(outcome.table)
  print(f"\nreport   {args.sweep_dir}/report.html")
  return 0
