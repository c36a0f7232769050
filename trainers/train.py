"""Train, evaluate and export a run, or resume it.

Checks the config and the data first. An interrupted run resumes from its last
checkpoint; a finished run says so. On SIGTERM or Ctrl-C, the run finishes the step,
writes a checkpoint, and exits with 143 or 130. TF_CONFIG makes the process one task
of a cluster: chief, worker, ps or evaluator. Prints a summary on a terminal, and
the result as JSON into files and pipes.
"""

import argparse
import os
import sys

from hub_estimator.trainers import flags, summaries, terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  flags.add_gin_arguments(parser, required=True)
  parser.add_argument(
    "--model_dir", required=True, metavar="D", help="the directory of the run"
  )
  terminal.add_json_argument(parser)


def main(args: argparse.Namespace) -> int:
  """Trains and prints the result."""
  import dataclasses

  from hub_estimator import cluster

  task = cluster.read_task()
  experiment = flags.read_experiment(args.gin_file, args.gin_param)
  from hub_estimator import config, runs
  from hub_estimator.model_dir import results
  from hub_estimator.training import Preempted, Preemption

  with Preemption().watching() as watched:
    try:
      result = runs.train(
        experiment,
        args.model_dir,
        config_text=config.run_text(),
        operative_config=config.operative_text,
        preemption=watched,
        task=task,
      )
    except Preempted as stopped:
      print(f"hub-estimator train: {stopped}", file=sys.stderr)
      return 128 + stopped.number
  if result is None:
    flags.print_json({"model_dir": args.model_dir, "task": str(task)})
    return 0
  report = _write_page(args.model_dir)
  if terminal.is_read_by_a_person(args):
    summaries.show_training(args.model_dir, result, report=report)
  else:
    flags.print_json(
      results.plain({"model_dir": args.model_dir, **dataclasses.asdict(result)})
    )
  return 1 if any("error" in e for e in result.exports.values()) else 0


def _write_page(model_dir: str) -> str | None:
  """Writes the run's page, and returns its path; None if that isn't possible."""
  from hub_estimator import pages
  from hub_estimator.errors import one_line

  try:
    page = pages.write_run_page(model_dir)
  except Exception as error:
    # The run is done and its result written; no fault of the page may change that.
    print(
      f"The page of the run can't be written: {one_line(error)}",
      file=sys.stderr,
    )
    return None
  return os.path.join(model_dir, page.name)
