"""Check a module against the guidance for publishers, with reasons and fixes.

Exits with 1 if there is an error, or with --strict also if there is a warning.
"""

import argparse
import dataclasses

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  parser.add_argument(
    "handle",
    metavar="HANDLE",
    help="a module: a directory, a URL or another handle",
  )
  parser.add_argument(
    "--strict", action="store_true", help="count warnings as errors"
  )
  parser.add_argument(
    "--json", action="store_true", help="print one JSON object"
  )
  flags.add_handle_arguments(parser)


def main(args: argparse.Namespace) -> int:
  """Prints the findings."""
  flags.read_handles(args)
  from hub_estimator import linting
  from hub_estimator.modules import read_module_info

  findings = linting.lint(read_module_info(args.handle))
  if args.json:
    flags.print_json(
      {
        "handle": args.handle,
        "findings": [dataclasses.asdict(f) for f in findings],
      }
    )
  else:
    for finding in findings:
      print(finding)
    counts = [
      sum(f.severity == s for f in findings) for s in linting.SEVERITIES
    ]
    print(
      f"{args.handle}: {counts[0]} errors, {counts[1]} warnings, {counts[2]} "
      "pieces of advice"
    )
  grave = ("error", "warning") if args.strict else ("error",)
  return 1 if any(f.severity in grave for f in findings) else 0
