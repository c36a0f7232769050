"""Predict for the rows of a file, or for a folder of images.

Needs only the model_dir. A csv, jsonl, npz or Parquet file has columns with the names
of the run's features; other files are read as the run's own evaluation data is. Writes
csv, JSON lines, Parquet or npz, by the name of the output.
"""

import argparse
import os
import sys

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  flags.add_run_arguments(parser)
  parser.add_argument(
    "--input",
    required=True,
    metavar="F",
    help="a .csv, .tsv, .jsonl, .npz, .parquet or .arrow file, a folder of images, "
    "or a file as the run's own reader reads it",
  )
  parser.add_argument(
    "--keep",
    action="append",
    default=[],
    metavar="C",
    help="a column, such as an id, that is written with each prediction (repeatable)",
  )
  parser.add_argument(
    "--output",
    metavar="G",
    help="a .csv, .jsonl, .parquet or .npz file (default: JSON lines on standard "
    "output)",
  )


def main(args: argparse.Namespace) -> int:
  """Predicts and writes the predictions."""
  args.input = os.path.abspath(os.path.expanduser(args.input))
  output = args.output and os.path.abspath(os.path.expanduser(args.output))
  experiment = flags.read_run(args)
  from hub_estimator import runs

  if output is None:
    runs.write_predictions(
      args.model_dir,
      experiment=experiment,
      input_path=args.input,
      output=sys.stdout,
      checkpoint=args.checkpoint,
      keep=args.keep,
    )
    return 0
  count = runs.predict_to_file(
    args.model_dir,
    experiment=experiment,
    input_path=args.input,
    output_path=output,
    checkpoint=args.checkpoint,
    keep=args.keep,
  )
  print(f"{count} predictions in {output}", file=sys.stderr)
  return 0
