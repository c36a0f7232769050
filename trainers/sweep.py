"""Compare modules and bindings: train many runs, rank them, and resume.

The gin file includes a run config and binds sweep.space, the values that vary. The
whole space is checked first. You can interrupt or kill the command at any time; run
it again and it continues.
"""

import argparse
import functools
import sys

from hub_estimator.trainers import flags, summaries, terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  flags.add_gin_arguments(parser, required=True)
  parser.add_argument(
    "--sweep_dir",
    required=True,
    metavar="D",
    help="the directory for trials and results",
  )
  parser.add_argument(
    "--workers",
    type=int,
    default=1,
    metavar="N",
    help="how many trials run at a time, each in its own process (default: "
    "%(default)s)",
  )
  parser.add_argument(
    "--storage",
    metavar="URL",
    help="a database that several machines share, such as "
    "postgresql://user@host/name (default: a file in the sweep_dir)",
  )
  parser.add_argument(
    "--executor",
    choices=("processes", "ray"),
    default="processes",
    help="where workers run: on this machine, or where Ray places them "
    "(default: %(default)s)",
  )
  parser.add_argument(
    "--ray_address",
    metavar="A",
    help="address of a Ray cluster, such as auto (default: start one on this "
    "machine)",
  )
  parser.add_argument(
    "--worker_cpus",
    type=float,
    default=1.0,
    metavar="N",
    help="CPUs per worker, for Ray (default: %(default)s)",
  )
  parser.add_argument(
    "--worker_gpus",
    type=float,
    default=0.0,
    metavar="N",
    help="GPUs per worker, for Ray (default: %(default)s)",
  )


def main(args: argparse.Namespace) -> int:
  """Runs the sweep and prints its table."""
  from hub_estimator.trainers import startup

  from hub_estimator.workers import Forker, Processes, RayWorkers

  if args.executor == "processes":
    # It imports TensorFlow while this process does.
    forker = Forker("hub_estimator.sweeps.worker")
    make_workers = functools.partial(Processes, start=forker.start)
  else:
    make_workers = functools.partial(
      RayWorkers,
      address=args.ray_address,
      cpus=args.worker_cpus,
      gpus=args.worker_gpus,
    )
  startup.import_tensorflow()
  from hub_estimator import config, sweeps

  config.parse(args.gin_file, args.gin_param)
  outcome = sweeps.run_sweep(
    args.sweep_dir,
    workers=args.workers,
    storage=args.storage,
    make_workers=make_workers,
  )
  print(outcome.table)
  if outcome.best is None:
    return 1
  print(
    f"\nbest     {outcome.best}\nreport   {outcome.best.parent}/report.html"
  )
  if sys.stdout.isatty():
    terminal.show_sections([summaries.next_of_sweep(args.sweep_dir)])
  return 0
