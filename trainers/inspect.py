"""Show what a module offers: variants, signatures, shapes, variables, assets.

Creates no variable: a large module answers as fast as its files are read.
"""

import argparse

from hub_estimator.trainers import flags


def add_arguments(parser: argparse.ArgumentParser) -> None:
  """Adds the verb's flags."""
  parser.add_argument("handle", metavar="HANDLE", help="a directory or a URL")
  flags.add_handle_arguments(parser)
  form = parser.add_mutually_exclusive_group()
  form.add_argument("--json", action="store_true", help="as one JSON object")
  form.add_argument("--gin", action="store_true", help="as a ready run config")


def main(args: argparse.Namespace) -> int:
  """Prints what the module offers."""
  flags.read_handles(args)
  from hub_estimator.modules import inspecting, read_module_info

  info = read_module_info(args.handle)
  if args.gin:
    print(inspecting.to_gin(info), end="")
  elif args.json:
    flags.print_json(inspecting.describe(info))
  else:
    print(inspecting.to_text(inspecting.describe(info)))
  return 0
