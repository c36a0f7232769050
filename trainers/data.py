"""Show what data holds: columns, counts, missing values, repeats, leakage, examples.

INPUT is a csv, tsv, jsonl, Parquet, Arrow or npz file, or a folder with one folder of
images for each class. A second INPUT is evaluation data: its rows are looked for in the
first one. With --gin_file, the inputs of a run are shown as the run reads them.
"""

import argparse

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  parser.add_argument(
    "inputs",
    nargs="*",
    metavar="INPUT",
    help="a file or a folder; or two, of training and of evaluation",
  )
  flags.add_gin_arguments(parser, required=False)
  parser.add_argument(
    "--json", action="store_true", help="print one JSON object"
  )


def main(args: argparse.Namespace) -> int:
  """Prints what the data holds."""
  import dataclasses

  from hub_estimator.errors import UserError

  if not 0 < len(args.inputs) + bool(args.gin_file) <= 2 or (
    args.inputs and args.gin_file
  ):
    raise UserError(
      f"data takes one or two files or folders, or --gin_file, and got "
      f"{', '.join([*args.inputs, *args.gin_file]) or 'nothing'}."
    )
  if args.gin_file:
    return _show_run(args)
  from hub_estimator.trainers import startup

  startup.import_tensorflow()
  from hub_estimator import surveying
  from hub_estimator.model_dir import results

  tables = [surveying.read_table(path) for path in args.inputs]
  found = surveying.survey(*tables)
  if args.json:
    flags.print_json(results.plain(dataclasses.asdict(found)))
  else:
    print(surveying.to_text(found), end="")
  return 0


def _show_run(args: argparse.Namespace) -> int:
  import dataclasses

  experiment = flags.read_experiment(args.gin_file, args.gin_param)
  from hub_estimator import runs
  from hub_estimator.model_dir import results

  found = runs.describe_data(experiment)
  if args.json:
    flags.print_json(
      results.plain(
        {
          "schema": dataclasses.asdict(found.schema),
          "data": found.report.as_json(),
          "examples": found.examples,
        }
      )
    )
    return 0
  print(found.report.text())
  for i, example in enumerate(found.examples):
    print(f"example {i}")
    for name, value in example.items():
      print(f"  {name}: {value}")
  return 0
