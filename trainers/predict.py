"""Predict for the rows of a file, or for a folder of images.

Needs only the model_dir. A csv, jsonl, npz or Parquet file has columns with the names
of the run's features; other files are read as the run's own evaluation data is. Writes
one JSON line for each row or image.
"""

import argparse
import os
import sys
from typing import TextIO

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
    "--output", metavar="G", help="the file to write (default: standard output)"
  )


def main(args: argparse.Namespace) -> int:
  """Predicts and writes the predictions."""
  args.input = os.path.abspath(os.path.expanduser(args.input))
  output = args.output and os.path.abspath(os.path.expanduser(args.output))
  experiment = flags.read_run(args)
  from hub_estimator import runs

  def predict(stream: TextIO) -> int:
    return runs.write_predictions(
      args.model_dir,
      experiment=experiment,
      input_path=args.input,
      output=stream,
      checkpoint=args.checkpoint,
      keep=args.keep,
    )

  if output is None:
    predict(sys.stdout)
    return 0
  partial = f"{output}.{os.getpid()}.partial"
  try:
    with open(partial, "w", encoding="utf-8") as stream:
      count = predict(stream)
    os.replace(partial, output)
  finally:
    if os.path.exists(partial):
      os.unlink(partial)
  print(f"{count} predictions in {output}", file=sys.stderr)
  return 0
