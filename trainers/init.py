"""Write a first run config from data and a handle.

DATA is a csv, tsv, jsonl, Parquet, Arrow or npz file, or a folder with one folder of
images for each class. Finds the label and its kind, the columns that the module reads,
and evaluation data beside DATA, or splits DATA. Asks on a terminal where several choices
are possible; otherwise decides, and says so.
"""

import argparse
import sys
from collections.abc import Sequence

from hub_estimator.trainers import flags, terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  parser.add_argument("data", metavar="DATA", help="a file or a folder")
  parser.add_argument(
    "handle",
    metavar="HANDLE",
    help="a module: a directory, a URL or another handle",
  )
  parser.add_argument(
    "--output",
    default="run.gin",
    metavar="FILE",
    help="the gin file to write (default: %(default)s)",
  )
  parser.add_argument(
    "--eval",
    metavar="DATA",
    help="evaluation data (default: looked for beside DATA, or split off)",
  )
  parser.add_argument("--label", metavar="COLUMN", help="the column of labels")
  flags.add_handle_arguments(parser)


def main(args: argparse.Namespace) -> int:
  """Writes a run config."""
  import pathlib

  from hub_estimator.errors import UserError

  output = pathlib.Path(args.output).expanduser()
  if output.exists():
    raise UserError(f"{output} exists; name another file by --output.")
  flags.read_handles(args)
  from hub_estimator import drafting
  from hub_estimator.disk import write_text
  from hub_estimator.modules import read_module_info

  made = drafting.draft(
    args.data,
    read_module_info(args.handle),
    evaluation=args.eval,
    label=args.label,
    ask=_ask if sys.stdin.isatty() else drafting.take_default,
  )
  output.parent.mkdir(parents=True, exist_ok=True)
  write_text(output, made.text)
  terminal.show(
    f"wrote {output}",
    [
      terminal.Section(
        [terminal.Row(*d.split(": ", 1)) for d in made.decisions]
      ),
      terminal.Section(
        [
          terminal.Row("check", f"hub-estimator check --gin_file {output}"),
          terminal.Row(
            "train",
            f"hub-estimator train --gin_file {output} --model_dir runs/first",
          ),
        ],
        "next",
      ),
    ],
  )
  return 0


def _ask(question: str, answers: Sequence[str], default: str) -> str:
  """Asks on the terminal until the answer is one of those that are possible."""
  if len(answers) < 2:
    return default
  print(question)
  for number, answer in enumerate(answers, 1):
    print(f"  {number}  {answer}")
  first = answers.index(default) + 1
  while True:
    typed = input(f"[{first}] ").strip()
    if not typed:
      return default
    if typed.isdigit() and 0 < int(typed) <= len(answers):
      return answers[int(typed) - 1]
    if typed in answers:
      return typed
    print(f"Type a number from 1 to {len(answers)}, or Enter for {first}.")
