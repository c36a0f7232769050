"""Compare modules and bindings: train many runs, rank them, and resume.

The gin file includes a run config and binds sweep.space, the values that vary. The
whole space is checked first. You can interrupt or kill the command at any time; run
it again and it continues.
"""

import argparse
import functools

from hub_estimator.trainers import flags


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

  from hub_estimator.workers import forking

  # It imports TensorFlow while this process does.
  forker = None
  if args.executor == "processes":
    forker = forking.Forker("hub_estimator.sweeps.worker")
  startup.import_tensorflow()
  import hub_estimator.experiments  # noqa: F401  Registers the parts.
  from hub_estimator import config
  from hub_estimator.sweeps import running, worker
  from hub_estimator.workers import processes, ray_workers

  if forker is not None:

    def start(arguments, log):
      environment = processes.worker_environment()
      return forker.start(worker.main, arguments, log, environment)

    make_workers = functools.partial(processes.Processes, start=start)
  else:
    make_workers = functools.partial(
      ray_workers.RayWorkers,
      address=args.ray_address,
      cpus=args.worker_cpus,
      gpus=args.worker_gpus,
    )
  config.parse(args.gin_file, args.gin_param)
  outcome = running.run_sweep(
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
  return 0
