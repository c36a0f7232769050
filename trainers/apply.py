"""Apply a module to the rows of a file, or to the images of a folder.

Writes the outputs of a signature as npz, jsonl, Parquet or csv, by the name of the
output. A column feeds the input of the same name, or the only input. For other names, use
--gin_param 'adapter.inputs = {"<module input>": "<column>"}'. Bind
adapter.constants for hyperparameters and adapter.tokenizer for a tokenizer.
"""

import argparse
import sys

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  parser.add_argument(
    "handle",
    metavar="HANDLE",
    help="a module: a directory, a URL or another handle",
  )
  parser.add_argument(
    "--input",
    required=True,
    metavar="F",
    help="a .csv, .tsv, .jsonl, .npz, .parquet or .arrow file, or a folder of "
    "images",
  )
  parser.add_argument(
    "--output",
    required=True,
    metavar="G",
    help="a .npz, .jsonl, .parquet or .csv file",
  )
  parser.add_argument(
    "--signature",
    default="default",
    metavar="S",
    help="the signature to apply (default: %(default)s)",
  )
  parser.add_argument(
    "--outputs",
    nargs="+",
    metavar="NAME",
    help="the outputs to write (default: the output 'default', or all outputs "
    "if there is none)",
  )
  parser.add_argument(
    "--tags",
    nargs="+",
    default=[],
    metavar="TAG",
    help="tags of the graph variant (default: no tags)",
  )
  parser.add_argument(
    "--batch_size",
    type=int,
    default=64,
    metavar="N",
    help="rows per batch (default: %(default)s)",
  )
  _add_csv_arguments(parser)
  flags.add_handle_arguments(parser)


def _add_csv_arguments(parser: argparse.ArgumentParser) -> None:
  parser.add_argument(
    "--delimiter",
    default=",",
    metavar="C",
    help="what separates the columns of a csv file; $'\\t' is a tab in bash "
    "(default: %(default)s)",
  )
  parser.add_argument(
    "--quoting",
    default="minimal",
    choices=["minimal", "none"],
    help="none: quotes in a csv file are characters like any other "
    "(default: %(default)s)",
  )


def main(args: argparse.Namespace) -> int:
  """Applies the module and writes its outputs."""
  flags.read_handles(args)
  import hub_estimator.experiments  # noqa: F401  Registers the adapter.
  from hub_estimator import config, inputs, runs

  is_usual = args.delimiter == "," and args.quoting == "minimal"
  count = runs.apply_to_file(
    args.handle,
    input_path=args.input,
    output_path=args.output,
    signature=args.signature,
    outputs=args.outputs,
    tags=args.tags,
    adapter=config.build("adapter"),
    batch_size=args.batch_size,
    reader=None
    if is_usual
    else inputs.Csv(args.input, delimiter=args.delimiter, quoting=args.quoting),
  )
  print(f"{count} rows in {args.output}", file=sys.stderr)
  return 0
