"""Write the page of a run, or rank the trials of a sweep.

Of a run: report.html, with scores, curves, confusion, calibration and the worst
mistakes, and the same facts as report.json. Of a sweep: its table, page and winner, also
while it runs.
"""

import argparse
import os

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  parser.add_argument(
    "directory",
    metavar="D",
    help="the model_dir of a run, or the sweep_dir of a sweep",
  )
  parser.add_argument(
    "--storage",
    metavar="URL",
    help="of a sweep, the --storage with which it was started",
  )
  flags.add_safe_argument(parser)


def main(args: argparse.Namespace) -> int:
  """Writes a page and prints its path, of a sweep below the table."""
  from hub_estimator.model_dir import Workdir

  if Workdir.at(args.directory).manifest.exists():
    return _report_run(args)
  from hub_estimator.trainers import startup

  startup.import_tensorflow()
  from hub_estimator import sweeps

  outcome = sweeps.rank(args.directory, storage=args.storage)
  print(outcome.table)
  print(f"\nreport   {args.directory}/report.html")
  return 0


def _report_run(args: argparse.Namespace) -> int:
  given, args.model_dir = args.directory, args.directory
  flags.read_run(args)
  from hub_estimator import pages

  page = pages.write_run_page(args.model_dir)
  print(f"report   {os.path.join(given, page.name)}")
  return 0
